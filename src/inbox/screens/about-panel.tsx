/** The sheet about a person: name, how they are reached, the rule for them, the safety number, blocking; or a group's. */
import { useEffect, useState } from 'preact/hooks'
import type { Contact, Policy } from '../api/types.ts'
import { t } from '../languages/translate.ts'
import { changeContact, contactOf, decideAbout, fetchContact, lookUp } from '../model/contacts.ts'
import { conversationOf } from '../model/conversations.ts'
import { addressWords, conversationName, personName, portraitOf } from '../model/people.ts'
import { maySend } from '../model/session.ts'
import { settings } from '../model/status.ts'
import { useAct } from '../ui/act.ts'
import { Avatar } from '../ui/avatar.tsx'
import { Later } from '../ui/later.tsx'
import { Problem } from '../ui/problem.tsx'
import { shortTime } from '../ui/times.ts'
import { TransportGlyph } from '../ui/transport.tsx'
import { FallbackTime } from './fallback-time.tsx'
import { PanelHead } from './panel-head.tsx'
import { SafetyNumber } from './safety-number.tsx'
import { TimerChoice } from './timer-choice.tsx'

const POLICIES = ['auto', 'ask', 'signal_only', 'sms_only'] as const

export function AboutPanel({ conversationId }: { conversationId: string }) {
  const conversation = conversationOf(conversationId)
  const contactId = conversation?.contact?.id ?? undefined
  const contact = contactOf(contactId)
  useEffect(() => {
    if (contactId !== undefined) void fetchContact(contactId).catch(() => {})
  }, [contactId])
  return (
    <>
      <PanelHead title={t('about.title')} conversationId={conversationId} />
      <div class="panel-body">
        {conversation !== undefined && (
          <div class="about-top">
            <Avatar
              id={contactId ?? conversation.group?.id ?? conversationId}
              name={conversationName(conversation)}
              isGroup={conversation.group !== null}
              url={portraitOf(conversation)}
              size="large"
            />
            <p class="about-name" translate={false} dir="auto">
              {conversationName(conversation)}
            </p>
          </div>
        )}
        {contact !== undefined && <Person contact={contact} />}
        {conversation?.group !== null && conversation?.group !== undefined && (
          <Later name="sheet" with={{ groupId: conversation.group.id }} />
        )}
        {conversation !== undefined && maySend.value && <TimerChoice conversation={conversation} />}
        {contact !== undefined && <Later name="person" with={{ contact, conversationId }} />}
        {conversation !== undefined && <Later name="gallery" with={{ conversationId }} />}
        {contact !== undefined && <Blocking contact={contact} />}
      </div>
    </>
  )
}

function Person({ contact }: { contact: Contact }) {
  return (
    <>
      {maySend.value && <Name contact={contact} />}
      <dl class="facts">
        {contact.number !== null && (
          <>
            <dt>{t('about.number')}</dt>
            <dd translate={false} dir="ltr">
              {addressWords(contact.number)}
            </dd>
          </>
        )}
        {contact.profile_name !== null && (
          <>
            <dt>{t('about.profile')}</dt>
            <dd translate={false} dir="auto">
              {contact.profile_name}
            </dd>
          </>
        )}
        {contact.aci !== null && (
          <>
            <dt>{t('transport.signal.short')}</dt>
            <dd class="small" translate={false} dir="ltr">
              {contact.aci}
            </dd>
          </>
        )}
        <dt>{t('about.reach')}</dt>
        <dd>
          <TransportGlyph transport={contact.signal.standing === 'registered' ? 'signal' : 'sms'} />
          {t(`standing.${contact.signal.standing}`)}
          {contact.signal.checked_at !== null && (
            <small class="quiet"> {t('about.checked', { time: shortTime(contact.signal.checked_at) })}</small>
          )}
        </dd>
      </dl>
      {maySend.value && <LookUp contact={contact} />}
      <PolicyChoice contact={contact} />
      <SafetyNumber contact={contact} />
    </>
  )
}

function Name({ contact }: { contact: Contact }) {
  const [name, setName] = useState(contact.name ?? '')
  const saving = useAct()
  const save = () => {
    const next = name.trim() === '' ? null : name.trim()
    if (next !== (contact.name === contact.profile_name ? null : contact.name) && next !== contact.name) {
      void saving.run(() => changeContact(contact.id, { name: next }))
    }
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        save()
      }}
    >
      <label class="field">
        <span>{t('about.name')}</span>
        <input
          type="text"
          maxLength={100}
          translate={false}
          value={name}
          dir="auto"
          placeholder={personName(contact)}
          onInput={(event) => setName(event.currentTarget.value)}
          onBlur={save}
        />
      </label>
      {saving.error !== undefined && <Problem error={saving.error} />}
    </form>
  )
}

function LookUp({ contact }: { contact: Contact }) {
  const looking = useAct()
  if (contact.number === null) return null
  return (
    <>
      <button
        type="button"
        class="button"
        disabled={looking.busy}
        onClick={() => void looking.run(() => lookUp(contact.id))}
      >
        {looking.busy ? t('about.looking') : t('about.lookUp')}
      </button>
      {looking.error !== undefined && <Problem error={looking.error} />}
    </>
  )
}

function PolicyChoice({ contact }: { contact: Contact }) {
  const saving = useAct()
  const chosen: Policy = contact.policy ?? settings.value?.fallback.default ?? 'auto'
  return (
    <fieldset class="choices" disabled={!maySend.value || saving.busy}>
      <legend>{t('policy.title')}</legend>
      {POLICIES.map((policy) => (
        <label key={policy} class="choice">
          <input
            type="radio"
            name="policy"
            checked={chosen === policy}
            onChange={() => void saving.run(() => changeContact(contact.id, { policy }))}
          />
          <span>
            <b>{t(`policy.${policy}`)}</b>
            <small>{t(`policy.${policy}.words`)}</small>
          </span>
        </label>
      ))}
      <FallbackTime contact={contact} policy={chosen} />
      {saving.error !== undefined && <Problem error={saving.error} />}
    </fieldset>
  )
}

function Blocking({ contact }: { contact: Contact }) {
  const acting = useAct()
  if (!maySend.value) return null
  return (
    <section>
      <button
        type="button"
        class={contact.blocked ? 'button' : 'button danger'}
        disabled={acting.busy}
        onClick={() => void acting.run(() => decideAbout(contact.id, contact.blocked ? 'unblock' : 'block'))}
      >
        {contact.blocked ? t('about.unblock') : t('about.block')}
      </button>
      <p class="quiet small">{t('about.blockWords')}</p>
      {acting.error !== undefined && <Problem error={acting.error} />}
    </section>
  )
}
