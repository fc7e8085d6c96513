/** The frame that signing in and setting up share. */
import type { ComponentChildren } from 'preact'
import { t } from '../languages/translate.ts'
import { session } from '../model/session.ts'

interface DoorProps {
  title: string
  lead: string
  onSubmit: () => void
  children: ComponentChildren
}

export function Door({ title, lead, onSubmit, children }: DoorProps) {
  return (
    <main class="door">
      <form
        class="door-card"
        onSubmit={(event) => {
          event.preventDefault()
          onSubmit()
        }}
      >
        <img src="/icon.svg" alt="" width="56" height="56" />
        <h1>{title}</h1>
        <p class="quiet">{lead}</p>
        {children}
        {session.value?.sandbox === true && <p class="sandbox-note">{t('sandbox.note')}</p>}
      </form>
    </main>
  )
}

interface FieldProps {
  label: string
  name: string
  type?: 'text' | 'password'
  autocomplete: string
  value: string
  onInput: (value: string) => void
  hint?: string
  minLength?: number
}

export function Field({ label, name, type, autocomplete, value, onInput, hint, minLength }: FieldProps) {
  return (
    <label class="field">
      <span>{label}</span>
      <input
        name={name}
        type={type ?? 'text'}
        autocomplete={autocomplete}
        autocapitalize="none"
        spellcheck={false}
        required
        minLength={minLength ?? 1}
        value={value}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
      {hint !== undefined && <small>{hint}</small>}
    </label>
  )
}
