/** Says what a group of the chosen people will be, and who is the reason; where there is a choice, offers it. */
import { currentLocale, t } from '../../languages/translate.ts'
import { contactOf } from '../../model/contacts.ts'
import type { GroupKind } from '../../model/group-kind.ts'
import { personName } from '../../model/people.ts'
import { modems } from '../../model/status.ts'
import { TransportGlyph } from '../../ui/transport.tsx'

interface KindWordsProps {
  verdict: GroupKind
  apart: boolean
  chooseApart: (apart: boolean) => void
}

export function KindWords({ verdict, apart, chooseApart }: KindWordsProps) {
  if (verdict.kind === 'nobody') return null
  if (verdict.kind === 'signal') {
    return (
      <p class="kind signal" role="status">
        <TransportGlyph transport="signal" label /> {t('groups.kindSignal')}
      </p>
    )
  }
  const why =
    verdict.because.length === 0 ? t('groups.noSignal') : t('groups.because', { names: names(verdict.because) })
  if (verdict.kind === 'few' || verdict.kind === 'impossible') {
    return (
      <p class="kind bad" role="status">
        {why} {verdict.kind === 'few' ? t('groups.few') : t('groups.numberless', { names: names(verdict.numberless) })}
      </p>
    )
  }
  const carrier = modems.value?.find(({ mms }) => mms?.available === true)
  return (
    <fieldset class="choices kind sms">
      <legend>
        {why} {t('groups.kindPhone')}
      </legend>
      {([false, true] as const).map((value) => (
        <label key={String(value)} class="choice">
          <input
            type="radio"
            name="apart"
            checked={apart === value}
            disabled={!value && carrier === undefined}
            onChange={() => chooseApart(value)}
          />
          <span>
            <b>{value ? t('groups.apart') : t('groups.mms')}</b>
            <small>
              {value ? t('groups.apartWords') : carrier === undefined ? t('groups.noMms') : t('groups.mmsWords')}
            </small>
          </span>
        </label>
      ))}
    </fieldset>
  )
}

function names(ids: readonly string[]): string {
  return new Intl.ListFormat(currentLocale()).format(ids.map((id) => personName(contactOf(id))))
}
