/** People to be chosen for a group: each with how they are reached, looked up on Signal when they are chosen. */
import { useEffect, useState } from 'preact/hooks'
import type { Contact } from '../../api/types.ts'
import { t } from '../../languages/translate.ts'
import { addContact, contactOf, fetchAllContacts, knownContacts, lookUp } from '../../model/contacts.ts'
import { personName } from '../../model/people.ts'
import { useAct } from '../../ui/act.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { Plus, X } from '../../ui/icons.ts'
import { Problem } from '../../ui/problem.tsx'
import { TransportGlyph } from '../../ui/transport.tsx'

/** Of what was found, so many are shown. */
const SHOWN_MAX = 60

interface PickerProps {
  chosen: readonly string[]
  choose: (ids: readonly string[]) => void
  /** Already in the group. */
  without?: ReadonlySet<string>
}

export function PeoplePicker({ chosen, choose, without }: PickerProps) {
  const [query, setQuery] = useState('')
  const loading = useAct()
  const adding = useAct()
  useEffect(() => void loading.run(fetchAllContacts), [])
  const wanted = query.trim().toLocaleLowerCase()
  const isNumber = /^\+?\d[\d\s()/.-]{2,}$/.test(wanted)
  const found = knownContacts()
    .filter((contact) => !contact.blocked && !(without?.has(contact.address ?? '') ?? false) && contact.sender === null)
    .filter((contact) => `${personName(contact)} ${contact.number ?? ''}`.toLocaleLowerCase().includes(wanted))
    .slice(0, SHOWN_MAX)
  const toggle = (contact: Contact) => {
    if (chosen.includes(contact.id)) return choose(chosen.filter((id) => id !== contact.id))
    choose([...chosen, contact.id])
    // A look-up is rationed: where it may not be done, what is known holds.
    if (contact.signal.standing === 'unknown') void lookUp(contact.id).catch(() => {})
  }
  const add = () => {
    void adding.run(async () => toggle(await addContact(query.trim())))
    setQuery('')
  }
  return (
    <>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          const [only] = found
          if (isNumber) return add()
          if (only !== undefined && wanted !== '') toggle(only)
          setQuery('')
        }}
      >
        <label class="field">
          <span>{t('groups.pick')}</span>
          <input
            type="text"
            autocomplete="off"
            spellcheck={false}
            placeholder={t('new.placeholder')}
            value={query}
            onInput={(event) => setQuery(event.currentTarget.value)}
          />
        </label>
      </form>
      {loading.error !== undefined && <Problem error={loading.error} />}
      {adding.error !== undefined && <Problem error={adding.error} />}
      {chosen.length > 0 && (
        <ul class="chosen">
          {chosen.map((id) => (
            <li key={id} class="chip">
              <span translate={false}>{personName(contactOf(id))}</span>
              <button
                type="button"
                class="icon-button"
                aria-label={t('composer.detach', { name: personName(contactOf(id)) })}
                onClick={() => choose(chosen.filter((one) => one !== id))}
              >
                <X aria-hidden="true" />
              </button>
            </li>
          ))}
        </ul>
      )}
      <ul class="rows people">
        {isNumber && (
          <li>
            <button type="button" class="row" onClick={add}>
              <span class="avatar">
                <Plus aria-hidden="true" />
              </span>
              <span class="row-name" translate={false} dir="ltr">
                {query.trim()}
              </span>
              <span class="row-line">{t('new.numberHint')}</span>
            </button>
          </li>
        )}
        {found.map((contact) => (
          <li key={contact.id}>
            <label class="row">
              <Avatar id={contact.id} name={personName(contact)} isGroup={false} url={contact.avatar_url} />
              <span class="row-name" translate={false} dir="auto">
                {personName(contact)}
              </span>
              <span class="row-flags">
                <input type="checkbox" checked={chosen.includes(contact.id)} onChange={() => toggle(contact)} />
              </span>
              <span class="row-line">
                {contact.signal.standing === 'unknown' ? (
                  t('new.unknown')
                ) : (
                  <TransportGlyph transport={contact.signal.standing === 'registered' ? 'signal' : 'sms'} label />
                )}
              </span>
            </label>
          </li>
        ))}
      </ul>
      {found.length === 0 && !isNumber && !loading.busy && (
        <p class="empty quiet">{wanted === '' ? t('new.nobody') : t('new.notFound')}</p>
      )}
    </>
  )
}
