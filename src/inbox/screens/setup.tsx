/** The first administrator: let in by the code that the gateway showed on its own machine. */
import { useState } from 'preact/hooks'
import { t } from '../languages/translate.ts'
import { session, setUp } from '../model/session.ts'
import { useAct } from '../ui/act.ts'
import { Problem } from '../ui/problem.tsx'
import { Door, Field } from './door.tsx'

const PASSWORD_CHARS_MIN = 10

/** What the gateway printed may hold the code: behind the `#`, so that it is in no log; it is good once. */
function codeOfAddress(): string {
  return /[?&]code=([\w-]+)/.exec(location.hash)?.[1] ?? ''
}

export function Setup() {
  const [code, setCode] = useState(codeOfAddress)
  const [name, setName] = useState('admin')
  const [password, setPassword] = useState('')
  const setting = useAct()
  return (
    <Door
      title={t('setup.title')}
      lead={t('setup.lead')}
      onSubmit={() =>
        void setting
          .run(() => setUp(code.trim(), name.trim(), password))
          .then((worked) => {
            if (worked) location.hash = session.peek()?.sandbox === true ? '/' : '/setup'
          })
      }
    >
      <Field
        label={t('setup.code')}
        name="code"
        autocomplete="one-time-code"
        value={code}
        onInput={setCode}
        hint={t('setup.codeHint')}
      />
      <Field label={t('setup.name')} name="username" autocomplete="username" value={name} onInput={setName} />
      <Field
        label={t('setup.password')}
        name="password"
        type="password"
        autocomplete="new-password"
        minLength={PASSWORD_CHARS_MIN}
        value={password}
        onInput={setPassword}
        hint={t('setup.passwordHint', { count: PASSWORD_CHARS_MIN })}
      />
      {setting.error !== undefined && <Problem error={setting.error} />}
      <button type="submit" class="button primary" disabled={setting.busy}>
        {t('setup.submit')}
      </button>
    </Door>
  )
}
