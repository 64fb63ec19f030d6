/** Data forms (XEP-0004), as far as room configuration and service discovery use them. */
import { child, childElements, el, NS, textOf, type XmlElement } from '@parley/protocol'

export interface FormField {
  readonly name: string
  readonly type?: 'boolean' | 'hidden' | 'list-single' | 'text-private' | 'text-single'
  readonly label?: string
  readonly values: readonly string[]
  /** Choices of a list. */
  readonly options?: readonly string[]
}

/** A form to show or to read. `formType` is the namespace of its fields (XEP-0068). */
export function encodeForm(type: 'form' | 'result', formType: string, fields: readonly FormField[]): XmlElement {
  const all = [{ name: 'FORM_TYPE', type: 'hidden', values: [formType] } as const, ...fields]
  return el('x', NS.dataForms, { type }, ...all.map(encodeField))
}

export interface SubmittedForm {
  readonly isCancelled: boolean
  readonly formType: string | undefined
  /** Fields by name; each with its values, at least one. */
  readonly fields: ReadonlyMap<string, readonly string[]>
}

/** Read a submitted form; `undefined` when `x` is no submission. */
export function decodeSubmission(x: XmlElement): SubmittedForm | undefined {
  const type = x.attrs.type
  if (type !== 'submit' && type !== 'cancel') return undefined
  const fields = new Map<string, readonly string[]>()
  for (const field of childElements(x, 'field', NS.dataForms)) {
    const values = childElements(field, 'value', NS.dataForms).map(textOf)
    if (field.attrs.var !== undefined) fields.set(field.attrs.var, values.length > 0 ? values : [''])
  }
  return { isCancelled: type === 'cancel', formType: fields.get('FORM_TYPE')?.[0], fields }
}

/** The two spellings of each truth value (XEP-0004 §3.3); `undefined` for anything else. */
export function parseFormBoolean(text: string): boolean | undefined {
  if (text === '1' || text === 'true') return true
  if (text === '0' || text === 'false') return false
  return undefined
}

/** The form inside a query, if there is one. */
export function formOf(query: XmlElement): XmlElement | undefined {
  return child(query, 'x', NS.dataForms)
}

function encodeField(field: FormField): XmlElement {
  return el(
    'field',
    NS.dataForms,
    { var: field.name, type: field.type, label: field.label },
    ...field.values.map((value) => el('value', NS.dataForms, {}, value)),
    ...(field.options ?? []).map((option) => el('option', NS.dataForms, {}, el('value', NS.dataForms, {}, option))),
  )
}
