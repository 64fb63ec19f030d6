import mark from './mark.svg'

/** Our sign. Decorative: the name stands beside it or in the title. */
export function Mark({ size }: { readonly size: number }) {
  return <img src={mark} width={size} height={size} alt="" />
}
