/** A form of a few fields and one button, which empties itself when what was asked for is done. */
import type { ComponentChildren } from 'preact'
import { useId, useState } from 'preact/hooks'
import { useAct } from '../../ui/act.ts'
import { Problem } from '../../ui/problem.tsx'

export interface SmallField {
  name: string
  label: string
  type?: 'text' | 'password' | 'url' | 'search'
  hint?: string
  minLength?: number
  value?: string
  isOptional?: true
  autocomplete?: string
  /** Given: a choice among these, with their words. */
  options?: Readonly<Record<string, string>>
}

interface SmallFormProps {
  fields: readonly SmallField[]
  button: string
  run: (values: Readonly<Record<string, string>>) => Promise<unknown>
  children?: ComponentChildren
}

export function SmallForm({ fields, button, run, children }: SmallFormProps) {
  const empty = () =>
    Object.fromEntries(fields.map(({ name, value, options }) => [name, value ?? Object.keys(options ?? {})[0] ?? '']))
  const [values, setValues] = useState<Readonly<Record<string, string>>>(empty)
  const acting = useAct()
  const id = useId()
  const set = (name: string, value: string) => setValues({ ...values, [name]: value })
  return (
    <form
      class="small-form"
      onSubmit={(event) => {
        event.preventDefault()
        void acting.run(() => run(values)).then((isDone) => isDone && setValues(empty()))
      }}
    >
      {fields.map(({ name, label, type, hint, minLength, isOptional, autocomplete, options }) => (
        <label key={name} class="field" for={`${id}${name}`}>
          <span>{label}</span>
          {options === undefined && (
            <input
              id={`${id}${name}`}
              name={name}
              type={type ?? 'text'}
              required={isOptional !== true}
              minLength={minLength}
              autocomplete={autocomplete ?? 'off'}
              autocapitalize="none"
              spellcheck={false}
              dir="auto"
              value={values[name]}
              onInput={(event) => set(name, event.currentTarget.value)}
            />
          )}
          {options !== undefined && (
            <select id={`${id}${name}`} value={values[name]} onChange={(event) => set(name, event.currentTarget.value)}>
              {Object.entries(options).map(([value, words]) => (
                <option key={value} value={value}>
                  {words}
                </option>
              ))}
            </select>
          )}
          {hint !== undefined && <small>{hint}</small>}
        </label>
      ))}
      {children}
      {acting.error !== undefined && <Problem error={acting.error} />}
      <button type="submit" class="button primary" disabled={acting.busy}>
        {button}
      </button>
    </form>
  )
}
