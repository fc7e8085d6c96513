/** Picks whom to write to: people with what they can be reached by, or a number that is typed. */
import { useEffect, useRef, useState } from 'preact/hooks'
import { useLocation } from 'wouter-preact'
import type { Contact, Conversation } from '../api/types.ts'
import { t } from '../languages/translate.ts'
import { addContact, fetchAllContacts, knownContacts } from '../model/contacts.ts'
import { conversationFor } from '../model/conversations.ts'
import { addressWords, isAnswerable, personName } from '../model/people.ts'
import { sharedText, shareWith } from '../model/shared.ts'
import { Back } from '../thread/thread-head.tsx'
import { useAct } from '../ui/act.ts'
import { Avatar } from '../ui/avatar.tsx'
import { Plus, UsersRound } from '../ui/icons.ts'
import { Problem } from '../ui/problem.tsx'
import { TransportGlyph } from '../ui/transport.tsx'
import { threadPath } from './places.ts'

/** Of what was found, so many are shown. */
const SHOWN_MAX = 60

export function NewMessage() {
  const [query, setQuery] = useState('')
  const [, go] = useLocation()
  const loading = useAct()
  const opening = useAct()
  const loaded = useRef<Promise<unknown>>()
  const field = useRef<HTMLInputElement>(null)
  useEffect(() => {
    // The only thing to do here.
    field.current?.focus()
    loaded.current = loading.run(fetchAllContacts)
  }, [])
  const found = search(query)
  const isAddress = /^[+\d][\d\s()/.-]{2,}$/.test(query.trim())
  const open = (find: () => Promise<Conversation>) =>
    void opening.run(async () => {
      const { id } = await find()
      shareWith(id)
      go(threadPath(id))
    })
  // Who types fast is done before everybody is known.
  const openFirst = async () => {
    await loaded.current
    const [first] = search(query)
    if (first !== undefined) open(() => conversationFor(first))
  }
  return (
    <section class="picker" aria-label={t('new.title')}>
      <header class="thread-head">
        <Back />
        <h2>{t('new.title')}</h2>
      </header>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (isAddress) open(async () => conversationFor(await addContact(query.trim())))
          else void openFirst()
        }}
      >
        <label class="field">
          <span>{t('new.to')}</span>
          <input
            type="text"
            inputMode="text"
            autocomplete="off"
            spellcheck={false}
            placeholder={t('new.placeholder')}
            value={query}
            ref={field}
            onInput={(event) => setQuery(event.currentTarget.value)}
          />
        </label>
      </form>
      <button type="button" class="button" onClick={() => go('/group')}>
        <UsersRound aria-hidden="true" /> {t('groups.new')}
      </button>
      {sharedText.value !== '' && (
        <p class="shared" translate={false} dir="auto">
          {sharedText.value}
        </p>
      )}
      {opening.error !== undefined && <Problem error={opening.error} />}
      {loading.error !== undefined && <Problem error={loading.error} />}
      <ul class="rows people">
        {isAddress && (
          <li>
            <button
              type="button"
              class="row"
              disabled={opening.busy}
              onClick={() => open(async () => conversationFor(await addContact(query.trim())))}
            >
              <span class="avatar">
                <Plus aria-hidden="true" />
              </span>
              <span class="row-name">{t('new.number', { number: query.trim() })}</span>
              <span class="row-line">{t('new.numberHint')}</span>
            </button>
          </li>
        )}
        {found.map((contact) => (
          <li key={contact.id}>
            <button
              type="button"
              class="row"
              disabled={opening.busy}
              onClick={() => open(() => conversationFor(contact))}
            >
              <Avatar id={contact.id} name={personName(contact)} isGroup={false} url={contact.avatar_url} />
              <span class="row-name" translate={false} dir="auto">
                {personName(contact)}
              </span>
              <span class="row-flags">
                <Reach contact={contact} />
              </span>
              <span class="row-line" translate={false} dir="ltr">
                {contact.name === null ? '' : addressWords(contact.address)}
              </span>
            </button>
          </li>
        ))}
      </ul>
      {found.length === 0 && !isAddress && !loading.busy && (
        <p class="empty quiet">{query === '' ? t('new.nobody') : t('new.notFound')}</p>
      )}
    </section>
  )
}

/** How this person can be reached, as far as it is known. */
function Reach({ contact }: { contact: Contact }) {
  if (contact.signal.standing === 'registered') return <TransportGlyph transport="signal" label />
  if (contact.signal.standing === 'unknown' && contact.number !== null) return <small>{t('new.unknown')}</small>
  return <TransportGlyph transport="sms" label />
}

function search(query: string): Contact[] {
  return knownContacts()
    .filter((contact) => !contact.blocked && isAnswerable(contact) && matches(contact, query))
    .slice(0, SHOWN_MAX)
}

function matches(contact: Contact, query: string): boolean {
  const wanted = query.trim().toLocaleLowerCase()
  if (wanted === '') return true
  const digits = wanted.replace(/\D/g, '')
  return (
    personName(contact).toLocaleLowerCase().includes(wanted) ||
    (digits.length > 1 && (contact.number ?? '').includes(digits))
  )
}
