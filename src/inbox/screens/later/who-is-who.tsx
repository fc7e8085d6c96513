/** Asks, in plain words, before two contacts become one person, or one becomes two. */
import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { ask } from '../../api/client.ts'
import type { Contact } from '../../api/types.ts'
import { t } from '../../languages/translate.ts'
import { fetchAllContacts, fetchContact, knownContacts } from '../../model/contacts.ts'
import { addressWords, personName } from '../../model/people.ts'
import { useAct } from '../../ui/act.ts'
import { Dialog } from '../../ui/dialog.tsx'
import { Problem } from '../../ui/problem.tsx'

/** Of those who fit, so many are shown. */
const SHOWN_MAX = 30

interface AskProps {
  contact: Contact
  onClose: () => void
}

export function JoinDialog({ contact, onClose }: AskProps) {
  const [query, setQuery] = useState('')
  const [chosen, setChosen] = useState<string | undefined>(undefined)
  const loading = useAct()
  useEffect(() => void loading.run(fetchAllContacts), [])
  const wanted = query.trim().toLocaleLowerCase()
  const found = knownContacts()
    .filter((other) => other.id !== contact.id && fits(contact, other))
    .filter((other) => `${personName(other)} ${other.address ?? ''}`.toLocaleLowerCase().includes(wanted))
    .slice(0, SHOWN_MAX)
  return (
    <Asking
      title={t('people.join.title')}
      words={t('people.join.words', { name: personName(contact) })}
      go={t('people.join.go')}
      run={
        chosen === undefined
          ? undefined
          : () => ask('POST', `/api/v1/contacts/${contact.id}/merge`, { body: { with: chosen } })
      }
      contact={contact}
      onClose={onClose}
    >
      <label class="field">
        <span>{t('people.join.find')}</span>
        <input type="text" autocomplete="off" value={query} onInput={(event) => setQuery(event.currentTarget.value)} />
      </label>
      {loading.error !== undefined && <Problem error={loading.error} />}
      <fieldset class="choices">
        <legend class="visually-hidden">{t('people.join.title')}</legend>
        {found.length === 0 && !loading.busy && <p class="quiet small">{t('people.join.none')}</p>}
        {found.map((other) => (
          <label key={other.id} class="choice">
            <input type="radio" name="same" checked={chosen === other.id} onChange={() => setChosen(other.id)} />
            <span translate={false} dir="auto">
              <b>{personName(other)}</b>
              <small dir="ltr">{addressWords(other.address)}</small>
            </span>
          </label>
        ))}
      </fieldset>
    </Asking>
  )
}

export function SplitDialog({ contact, onClose }: AskProps) {
  const [take, setTake] = useState<'number' | 'account'>('account')
  return (
    <Asking
      title={t('people.split.title', { name: personName(contact) })}
      words={t('people.split.words')}
      go={t('people.split.go')}
      run={() => ask('POST', `/api/v1/contacts/${contact.id}/split`, { body: { take } })}
      contact={contact}
      onClose={onClose}
    >
      <fieldset class="choices">
        <legend class="visually-hidden">{t('people.split.title', { name: personName(contact) })}</legend>
        {(['account', 'number'] as const).map((what) => (
          <label key={what} class="choice">
            <input type="radio" name="take" checked={take === what} onChange={() => setTake(what)} />
            <span>{t(`people.split.${what}`)}</span>
          </label>
        ))}
      </fieldset>
    </Asking>
  )
}

function Asking({
  title,
  words,
  go,
  run,
  contact,
  onClose,
  children,
}: AskProps & {
  title: string
  words: string
  go: string
  run: (() => Promise<unknown>) | undefined
  children: ComponentChildren
}) {
  const acting = useAct()
  const act = async () => {
    const done =
      run !== undefined &&
      (await acting.run(async () => {
        await run()
        await fetchContact(contact.id)
      }))
    if (done) onClose()
  }
  return (
    <Dialog title={title} onClose={onClose}>
      <p>{words}</p>
      {children}
      {acting.error !== undefined && <Problem error={acting.error} />}
      <div class="buttons">
        <button
          type="button"
          class="button primary"
          disabled={acting.busy || run === undefined}
          onClick={() => void act()}
        >
          {go}
        </button>
        <button type="button" class="button" onClick={onClose}>
          {t('action.close')}
        </button>
      </div>
    </Dialog>
  )
}

/** One person has one number and one account. */
function fits(contact: Contact, other: Contact): boolean {
  const isFree = other.sender === null && other.blocked === contact.blocked
  return isFree && (contact.number === null || other.number === null) && (contact.aci === null || other.aci === null)
}
