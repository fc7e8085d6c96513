/** Address books: a file is looked at, then taken in; everybody as a file. */
import { useState } from 'preact/hooks'
import { ApiProblem, authorityHeaders, problemOf } from '../../api/client.ts'
import { maybeT, t } from '../../languages/translate.ts'
import { maySend } from '../../model/session.ts'
import { useAct } from '../../ui/act.ts'
import { Problem } from '../../ui/problem.tsx'

interface Imported {
  dry_run: boolean
  new: number
  changed: number
  same: number
  refused: number
  people: {
    line: number
    name: string | null
    address: string | null
    result: 'new' | 'changed' | 'same' | 'refused'
    code: string | null
    reason: string | null
  }[]
}

/** Of what would be done, so many lines are shown. */
const SHOWN_MAX = 200

export function AddressBook() {
  const [file, setFile] = useState<File | undefined>(undefined)
  const [names, setNames] = useState<'keep' | 'replace'>('keep')
  const [told, setTold] = useState<Imported | undefined>(undefined)
  const acting = useAct()
  const look = (of: File | undefined, how: 'keep' | 'replace', dryRun: boolean) => {
    setFile(of)
    setNames(how)
    if (of !== undefined) void acting.run(async () => setTold(await hand(of, how, dryRun)))
  }
  const shown = told?.people.filter(({ result, reason }) => result !== 'same' || reason !== null).slice(0, SHOWN_MAX)
  return (
    <section class="card">
      <h3>{t('book.name')}</h3>
      {maySend.value && (
        <>
          <p>{t('book.words')}</p>
          <label class="field">
            <span>{t('book.file')}</span>
            <input
              type="file"
              accept=".vcf,.csv,text/vcard,text/csv"
              disabled={acting.busy}
              onChange={({ currentTarget: field }) => look(field.files?.[0], names, true)}
            />
          </label>
          <label class="choice">
            <input
              type="checkbox"
              checked={names === 'replace'}
              disabled={acting.busy}
              onChange={({ currentTarget: { checked } }) => look(file, checked ? 'replace' : 'keep', true)}
            />
            <span>{t('book.replace')}</span>
          </label>
        </>
      )}
      {acting.error !== undefined && <Problem error={acting.error} />}
      {told !== undefined && acting.error === undefined && (
        <>
          <p class="note-box" role="status">
            {told.dry_run ? t('book.would') : t('book.done')}{' '}
            {t('book.counts', { added: told.new, changed: told.changed, same: told.same, refused: told.refused })}
          </p>
          <ul class="lines">
            {shown?.map(({ line, name, address, result, code, reason }) => (
              <li key={`${line} ${address}`}>
                <b>{t(`book.${result}`)}</b>{' '}
                <span translate={false} dir="auto">
                  {[name, address].filter((part) => part !== null).join(' · ')}
                </span>{' '}
                <small class="quiet">{code === null ? reason : (maybeT(`book.why.${code}`) ?? reason)}</small>
              </li>
            ))}
          </ul>
        </>
      )}
      <div class="buttons">
        {told?.dry_run === true && told.new + told.changed > 0 && (
          <button type="button" class="button primary" disabled={acting.busy} onClick={() => look(file, names, false)}>
            {t('book.go')}
          </button>
        )}
        <a class="button" href="/api/v1/contacts/export" download="contacts.vcf">
          {t('book.export')}
        </a>
      </div>
    </section>
  )
}

/** Throws ApiProblem. */
async function hand(file: File, names: 'keep' | 'replace', dryRun: boolean): Promise<Imported> {
  const answer = await fetch(`/api/v1/contacts/import?dry_run=${dryRun}&names=${names}`, {
    method: 'POST',
    headers: { ...authorityHeaders(), 'Content-Type': 'application/octet-stream' },
    credentials: 'same-origin',
    body: file,
  }).catch(() => undefined)
  if (answer === undefined) throw new ApiProblem(0, 'unreachable', t('problem.unreachable'))
  const body: unknown = await answer.json().catch(() => undefined)
  if (!answer.ok) throw problemOf(answer.status, body)
  return body as Imported
}
