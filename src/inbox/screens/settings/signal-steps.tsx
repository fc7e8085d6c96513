/** What the Signal account needs next, one thing at a time: a puzzle, a code, a PIN, a scan; or how to begin. */
import { useEffect, useState } from 'preact/hooks'
import { ask } from '../../api/client.ts'
import type { SignalAccount } from '../../api/types.ts'
import { t } from '../../languages/translate.ts'
import { addressWords } from '../../model/people.ts'
import { account, loadStatus, modems } from '../../model/status.ts'
import { Reason } from '../../ui/reason.tsx'
import { fullTime, leftWords, shortTime } from '../../ui/times.ts'
import { Action } from '../later/action.tsx'
import { SmallForm } from '../later/small-form.tsx'

/** While a step is open it is looked after so often; events bring most of it at once. */
const LOOK_EVERY_MS = 2_000

const post = async (path: string, body: object) => {
  account.value = await ask<SignalAccount>('POST', `/api/v1/signal/${path}`, { body })
}

export function NextStep({ account: now }: { account: SignalAccount }) {
  const { registration, link, challenge } = now
  const isOpen = registration !== null || link !== null
  useEffect(() => {
    if (!isOpen) return
    const again = setInterval(() => void loadStatus(), LOOK_EVERY_MS)
    return () => clearInterval(again)
  }, [isOpen])
  if (challenge !== null) return <Puzzle page={challenge.page_url} />
  if (link?.step === 'scan') return <Scan uri={link.uri} expiresAt={link.expires_at} />
  switch (registration?.step) {
    case 'captcha':
      return <Puzzle page={registration.page_url} />
    case 'code':
      return (
        <section class="card">
          <p role="status">{t('settings.codeWait', { number: addressWords(registration.number) })}</p>
          <SmallForm
            fields={[{ name: 'code', label: t('settings.code'), hint: t('settings.codeHint') }]}
            button={t('settings.hand')}
            run={({ code = '' }) => post('verify', { code: code.trim() })}
          />
          <Again number={registration.number} by="sms" from={registration.next_sms_at} />
          <Again number={registration.number} by="voice" from={registration.next_call_at} />
        </section>
      )
    case 'pin':
      return (
        <section class="card">
          <p role="status">{t(registration.pin_of_use ? 'settings.pinWords' : 'settings.pinGone')}</p>
          {registration.pin_of_use && (
            <>
              {registration.tries_left !== null && <p>{t('simPin.left', { count: registration.tries_left })}</p>}
              <SmallForm
                fields={[{ name: 'pin', label: t('settings.pin'), type: 'password', hint: t('settings.pinHint') }]}
                button={t('settings.hand')}
                run={({ pin = '' }) => post('pin', { pin }).finally(loadStatus)}
              />
            </>
          )}
          <Wait number={registration.number} until={registration.locked_until} />
        </section>
      )
    case 'transfer':
      return (
        <section class="card">
          <p>{t('settings.transfer')}</p>
          <Action label={t('settings.goOn')} class="primary" run={() => post('skip-transfer', {})} />
        </section>
      )
    case 'registering':
      return <p class="empty quiet">{t('app.opening')}</p>
  }
  if (now.aci !== null && now.state !== 'signed-out') return null
  return (
    <>
      {registration?.step === 'failed' && (
        <p class="note failed">
          <Reason kind="problem" code={registration.code} reason={registration.reason} />{' '}
          {registration.retry_at !== null && t('settings.codeFrom', { time: shortTime(registration.retry_at) })}
        </p>
      )}
      {link?.step === 'failed' && (
        <p class="note failed">
          <Reason kind="problem" code={link.code} reason={link.reason} />
        </p>
      )}
      <Register />
      <section class="card">
        <h3>{t('settings.link')}</h3>
        <p class="quiet">{t('settings.linkWords')}</p>
        <Action label={t('settings.linkShow')} run={() => post('link', {})} />
      </section>
    </>
  )
}

/** Without the PIN the number is free when its lock ends; then it is asked for once more. */
function Wait({ number, until }: { number: string; until: string | null }) {
  const leftMs = Date.parse(until ?? '') - Date.now()
  if (leftMs > 0) {
    return <p class="quiet">{t('settings.pinUntil', { span: leftWords(leftMs), time: fullTime(until) })}</p>
  }
  return <Action label={t('action.retry')} run={() => post('register', { number, sign_out_phone: true })} />
}

/** Signal sends the code again only after a while that it names; undefined ways are not offered at all. */
function Again({ number, by, from }: { number: string; by: 'sms' | 'voice'; from: string | null }) {
  if (from === null) return null
  const isEarly = Date.parse(from) > Date.now()
  return (
    <div>
      <Action
        label={t(by === 'sms' ? 'settings.codeAgain' : 'settings.codeCall')}
        disabled={isEarly}
        run={() => post('register', { number, transport: by, sign_out_phone: true })}
      />
      {isEarly && <small class="quiet"> {t('settings.codeFrom', { time: shortTime(from) })}</small>}
    </div>
  )
}

function Puzzle({ page }: { page: string }) {
  return (
    <section class="card">
      <h3>{t('settings.puzzle')}</h3>
      <p>{t('settings.puzzleWords')}</p>
      <a class="button" href={page} target="_blank" rel="noreferrer">
        {t('settings.puzzleOpen')}
      </a>
      <SmallForm
        fields={[{ name: 'token', label: t('settings.puzzleAnswer') }]}
        button={t('settings.hand')}
        run={({ token = '' }) => post('challenge', { token: token.trim() })}
      />
    </section>
  )
}

function Scan({ uri, expiresAt }: { uri: string; expiresAt: string | null }) {
  return (
    <section class="card">
      <h3>{t('settings.link')}</h3>
      <p class="quiet">{t('settings.linkWords')}</p>
      <img
        class="qr"
        src={`/api/v1/signal/link.svg?at=${encodeURIComponent(expiresAt ?? '')}`}
        alt={t('settings.linkCode')}
        width="220"
        height="220"
      />
      <p class="code small" translate={false} dir="ltr">
        {uri}
      </p>
    </section>
  )
}

function Register() {
  const [isKnown, setIsKnown] = useState(false)
  return (
    <section class="card">
      <h3>{t('settings.register')}</h3>
      <SmallForm
        fields={[
          { name: 'number', label: t('about.number'), value: modems.value?.find(({ number }) => number)?.number ?? '' },
          { name: 'captcha', label: t('settings.puzzleAnswer'), isOptional: true, hint: t('settings.puzzleLater') },
        ]}
        button={t('settings.register')}
        run={({ number = '', captcha = '' }) =>
          post('register', {
            number: number.replace(/[\s()-]/g, ''),
            sign_out_phone: isKnown,
            ...(captcha === '' ? {} : { captcha }),
          })
        }
      >
        <label class="check">
          <input
            type="checkbox"
            required
            checked={isKnown}
            onChange={(event) => setIsKnown(event.currentTarget.checked)}
          />
          <span>{t('settings.registerWords')}</span>
        </label>
      </SmallForm>
    </section>
  )
}
