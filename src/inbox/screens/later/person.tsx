/**
 * More about a person: the modem for their texts, how messages travelled of late, who they are and who not, their
 * vCard, and an end to what was said.
 */
import { useState } from 'preact/hooks'
import { ask } from '../../api/client.ts'
import type { Contact } from '../../api/types.ts'
import { t } from '../../languages/translate.ts'
import { changeContact } from '../../model/contacts.ts'
import { personName } from '../../model/people.ts'
import { maySend } from '../../model/session.ts'
import { modems } from '../../model/status.ts'
import { useAct } from '../../ui/act.ts'
import { Dialog } from '../../ui/dialog.tsx'
import { Problem } from '../../ui/problem.tsx'
import { shortTime } from '../../ui/times.ts'
import { TransportGlyph } from '../../ui/transport.tsx'
import { go } from '../going.ts'
import { Action } from './action.tsx'
import { useFetched } from './fetched.ts'
import { JoinDialog, SplitDialog } from './who-is-who.tsx'

interface Traffic {
  days: number
  transports: { transport: 'signal' | 'sms' | 'mms'; sent: number; received: number; failed: number; last_at: string }[]
}

export function Person({ contact, conversationId }: { contact: Contact; conversationId: string }) {
  const { data: traffic, error, reload } = useFetched<Traffic>(`/api/v1/contacts/${contact.id}/traffic`)
  const [asked, setAsked] = useState<'join' | 'split' | 'forget' | undefined>(undefined)
  const close = () => setAsked(undefined)
  const isWhole = contact.number !== null && contact.aci !== null
  return (
    <section class="person">
      {maySend.value && contact.number !== null && <PreferredModem contact={contact} />}
      {error !== undefined && <Problem error={error} retry={reload} />}
      {traffic !== undefined && (
        <>
          <h3>{t('people.traffic', { days: traffic.days })}</h3>
          {traffic.transports.length === 0 && <p class="quiet small">{t('people.traffic.none')}</p>}
          <ul class="lines traffic">
            {traffic.transports.map(({ transport, last_at: lastAt, ...counts }) => (
              <li key={transport}>
                <TransportGlyph transport={transport} label /> {t('people.traffic.row', counts)}{' '}
                <small class="quiet">{shortTime(lastAt)}</small>
              </li>
            ))}
          </ul>
        </>
      )}
      <div class="buttons">
        {maySend.value && contact.sender === null && (
          <button type="button" class="button" onClick={() => setAsked(isWhole ? 'split' : 'join')}>
            {isWhole ? t('people.split') : t('people.join')}
          </button>
        )}
        <a class="button" href={`/api/v1/contacts/${contact.id}/vcard`} download="contact.vcf">
          {t('people.card')}
        </a>
      </div>
      {maySend.value && (
        <div class="buttons">
          <Action
            class="danger"
            label={t('people.delete')}
            sure={t('people.deleteSure')}
            run={async () => {
              await ask('DELETE', `/api/v1/conversations/${conversationId}`)
              go('/')
            }}
          />
          <button type="button" class="button danger" onClick={() => setAsked('forget')}>
            {t('people.forget')}
          </button>
        </div>
      )}
      {asked === 'forget' && <ForgetDialog contact={contact} onClose={close} />}
      {asked === 'join' && <JoinDialog contact={contact} onClose={close} />}
      {asked === 'split' && <SplitDialog contact={contact} onClose={close} />}
    </section>
  )
}

/** Says what goes and what stays before all of a person goes. */
function ForgetDialog({ contact, onClose }: { contact: Contact; onClose: () => void }) {
  const acting = useAct()
  const forget = () =>
    void acting.run(async () => {
      await ask('DELETE', `/api/v1/contacts/${contact.id}`)
      go('/')
    })
  return (
    <Dialog title={t('people.forget.sure', { name: personName(contact) })} onClose={onClose}>
      <p>{t('people.forget.words')}</p>
      {contact.blocked && <p>{t('people.forget.blocked')}</p>}
      {acting.error !== undefined && <Problem error={acting.error} />}
      <div class="buttons">
        <button type="button" class="button danger" disabled={acting.busy} onClick={forget}>
          {t('people.forget')}
        </button>
        <button type="button" class="button" onClick={onClose}>
          {t('action.back')}
        </button>
      </div>
    </Dialog>
  )
}

function PreferredModem({ contact }: { contact: Contact }) {
  const saving = useAct()
  const all = modems.value ?? []
  if (all.length < 2 && contact.modem === null) return null
  // One that was chosen and is not there any more stays to be seen.
  const ids = new Set([...all.map(({ id }) => id), ...(contact.modem === null ? [] : [contact.modem])])
  return (
    <label class="field">
      <span>{t('people.modem')}</span>
      <select
        value={contact.modem ?? ''}
        disabled={saving.busy}
        onChange={({ currentTarget: { value } }) =>
          void saving.run(() => changeContact(contact.id, { modem: value === '' ? null : value }))
        }
      >
        <option value="">{t('modemChoice.any')}</option>
        {[...ids].map((id) => {
          const modem = all.find((one) => one.id === id)
          return (
            <option key={id} value={id} translate={false}>
              {[modem?.label ?? id, modem?.number].filter((part) => part != null).join(' · ')}
            </option>
          )
        })}
      </select>
      {saving.error !== undefined && <Problem error={saving.error} />}
    </label>
  )
}
