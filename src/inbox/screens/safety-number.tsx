/** The safety number: sixty digits in twelve groups and the code to scan; compared, or no longer; and what became of it. */
import { useEffect, useState } from 'preact/hooks'
import { ask } from '../api/client.ts'
import type { Contact, Identity } from '../api/types.ts'
import { t } from '../languages/translate.ts'
import { decideAbout } from '../model/contacts.ts'
import { personName } from '../model/people.ts'
import { maySend } from '../model/session.ts'
import { useAct } from '../ui/act.ts'
import { ShieldAlert, ShieldCheck } from '../ui/icons.ts'
import { Problem } from '../ui/problem.tsx'
import { clockTime, dayName } from '../ui/times.ts'

const GROUP_DIGITS = 5

export function SafetyNumber({ contact }: { contact: Contact }) {
  const [identity, setIdentity] = useState<Identity | undefined>(undefined)
  const loading = useAct()
  const deciding = useAct()
  const path = `/api/v1/contacts/${contact.id}/identity`
  useEffect(
    () => void loading.run(async () => setIdentity(await ask<Identity>('GET', path))),
    [contact.id, contact.version],
  )
  const digits = identity?.safety_number?.replace(/\D/g, '') ?? ''
  const hasChanged = contact.identity_changed_at !== null
  const decide = (decision: string, body?: object) =>
    void deciding.run(() => decideAbout(contact.id, `identity/${decision}`, body))
  return (
    <section class="safety">
      <h3>{t('safety.title')}</h3>
      {loading.error !== undefined && <Problem error={loading.error} />}
      {identity !== undefined && digits === '' && <p class="quiet small">{t('safety.none')}</p>}
      {digits !== '' && (
        <>
          {hasChanged && (
            <p class="note held">
              <ShieldAlert aria-hidden="true" /> {t('safety.changed')}
            </p>
          )}
          <p class="quiet small">{t('safety.words', { name: personName(contact) })}</p>
          <p class="digits" translate={false} dir="ltr">
            {groupsOf(digits).map((group, index) => (
              <span key={`${index}${group}`}>{group}</span>
            ))}
          </p>
          <img class="qr" src={`${path}.svg?v=${contact.version}`} alt={t('safety.qr')} width="180" height="180" />
          {contact.verified && (
            <p class="verified">
              <ShieldCheck aria-hidden="true" /> {t('safety.verified')}
            </p>
          )}
          {maySend.value && (
            <div class="buttons">
              <button
                type="button"
                class="button primary"
                disabled={deciding.busy}
                onClick={() => {
                  if (hasChanged) void deciding.run(() => acceptAndVerify(contact.id))
                  else decide('verify', { verified: !contact.verified })
                }}
              >
                {contact.verified ? t('safety.unverify') : t('safety.verify')}
              </button>
              {hasChanged && (
                <button type="button" class="button" disabled={deciding.busy} onClick={() => decide('approve')}>
                  {t('identity.accept')}
                </button>
              )}
            </div>
          )}
          {deciding.error !== undefined && <Problem error={deciding.error} />}
        </>
      )}
      {identity !== undefined && identity.history.length > 0 && (
        <>
          <h4>{t('safety.history')}</h4>
          <ol class="lines">
            {identity.history.map(({ event, at, by }, index) => (
              <li key={`${index}${at}`}>
                <time dateTime={at ?? ''}>
                  {dayName(at)} {clockTime(at)}
                </time>{' '}
                {t('safety.event', { event })}{' '}
                {by !== null && <bdi>{t('safety.eventBy', { kind: by.kind, name: by.name ?? '' })}</bdi>}
              </li>
            ))}
          </ol>
        </>
      )}
    </section>
  )
}

async function acceptAndVerify(contactId: string): Promise<void> {
  await decideAbout(contactId, 'identity/approve')
  await decideAbout(contactId, 'identity/verify', { verified: true })
}

function groupsOf(digits: string): readonly string[] {
  return Array.from({ length: Math.ceil(digits.length / GROUP_DIGITS) }, (_, index) =>
    digits.slice(index * GROUP_DIGITS, (index + 1) * GROUP_DIGITS),
  )
}
