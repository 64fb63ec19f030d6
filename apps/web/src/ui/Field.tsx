import { type ReactNode, useId } from 'react'
import styles from './Field.module.css'

interface FieldProps {
  readonly label: string
  /** Renders the control with the id that ties it to the label. */
  readonly children: (id: string) => ReactNode
  readonly hint?: string | undefined
}

export function Field({ label, children, hint }: FieldProps) {
  const id = useId()
  return (
    <div className={styles.field}>
      <label className={styles.label} htmlFor={id}>
        {label}
      </label>
      {children(id)}
      {hint && <p className={styles.hint}>{hint}</p>}
    </div>
  )
}

interface SelectProps {
  readonly label: string
  readonly value: string
  readonly options: readonly { readonly id: string; readonly label: string }[]
  readonly onChoose: (id: string) => void
}

/** A list of devices. A remembered one that is not plugged in shows as the system's default. */
export function SelectField({ label, value, options, onChoose }: SelectProps) {
  return (
    <Field label={label}>
      {(id) => (
        <select
          id={id}
          className={styles.control}
          value={options.some((option) => option.id === value) ? value : (options[0]?.id ?? '')}
          onChange={(event) => onChoose(event.target.value)}
          disabled={options.length === 0}
        >
          {options.length === 0 && <option value="">None available</option>}
          {options.map((option) => (
            <option key={option.id} value={option.id}>
              {option.label}
            </option>
          ))}
        </select>
      )}
    </Field>
  )
}

export const inputClass = styles.control
