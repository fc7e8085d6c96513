/** Signing in with a name and a password. */
import { useState } from 'preact/hooks'
import { t } from '../languages/translate.ts'
import { signIn } from '../model/session.ts'
import { useAct } from '../ui/act.ts'
import { Problem } from '../ui/problem.tsx'
import { Door, Field } from './door.tsx'

export function SignIn() {
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const signing = useAct()
  return (
    <Door
      title={t('signIn.title')}
      lead={t('signIn.lead')}
      onSubmit={() => void signing.run(() => signIn(name, password))}
    >
      <Field label={t('signIn.name')} name="username" autocomplete="username" value={name} onInput={setName} />
      <Field
        label={t('signIn.password')}
        name="password"
        type="password"
        autocomplete="current-password"
        value={password}
        onInput={setPassword}
      />
      {signing.error !== undefined && <Problem error={signing.error} />}
      <button type="submit" class="button primary" disabled={signing.busy}>
        {t('signIn.submit')}
      </button>
    </Door>
  )
}
