/** A new group: who is in it, then name and picture. What kind it will be follows from who is in it, and is said before. */
import { useState } from 'preact/hooks'
import { useLocation } from 'wouter-preact'
import { t } from '../../languages/translate.ts'
import { contactOf } from '../../model/contacts.ts'
import { groupKind } from '../../model/group-kind.ts'
import { createGroup } from '../../model/groups.ts'
import { account, mode, modems } from '../../model/status.ts'
import { useAct } from '../../ui/act.ts'
import { Problem } from '../../ui/problem.tsx'
import { Room } from '../later/room.tsx'
import { threadPath } from '../places.ts'
import { KindWords } from './kind-words.tsx'
import { PeoplePicker } from './people-picker.tsx'
import { PictureField } from './picture-field.tsx'

const TITLE_CHARS_MAX = 128

export function NewGroup() {
  const [, go] = useLocation()
  const [chosen, choose] = useState<readonly string[]>([])
  const [isNaming, setIsNaming] = useState(false)
  const [title, setTitle] = useState('')
  const [avatar, setAvatar] = useState<string | undefined>(undefined)
  const [wantsApart, setApart] = useState(false)
  const creating = useAct()
  const people = chosen.flatMap((id) => contactOf(id) ?? [])
  const verdict = groupKind(
    people.map(({ id, number, signal }) => ({ id, standing: signal.standing, hasNumber: number !== null })),
    mode.value !== 'sms_only' && account.value?.state !== 'none',
  )
  const isSignal = verdict.kind === 'signal'
  const apart = wantsApart || modems.value?.some(({ mms }) => mms?.available === true) !== true
  const create = () =>
    void creating.run(async () => {
      const named = title.trim() === '' ? {} : { title: title.trim() }
      const id = isSignal
        ? await createGroup({ kind: 'signal', members: chosen, ...named, ...(avatar === undefined ? {} : { avatar }) })
        : await createGroup({ kind: 'phone', members: chosen, ...named, texts_apart: apart })
      go(threadPath(id))
    })
  const isPossible = isSignal || verdict.kind === 'phone'
  return (
    <Room title={t('groups.new')} back="/new">
      {!isNaming && <PeoplePicker chosen={chosen} choose={choose} />}
      <KindWords verdict={verdict} apart={apart} chooseApart={setApart} />
      {isNaming ? (
        <form
          class="small-form"
          onSubmit={(event) => {
            event.preventDefault()
            create()
          }}
        >
          <label class="field">
            <span>{t('groups.title')}</span>
            <input
              type="text"
              maxLength={TITLE_CHARS_MAX}
              required={isSignal}
              dir="auto"
              value={title}
              onInput={(event) => setTitle(event.currentTarget.value)}
            />
          </label>
          {isSignal && <PictureField picture={avatar} choose={setAvatar} />}
          {creating.error !== undefined && <Problem error={creating.error} />}
          <div class="buttons">
            <button type="button" class="button" onClick={() => setIsNaming(false)}>
              {t('action.back')}
            </button>
            <button type="submit" class="button primary" disabled={creating.busy || !isPossible}>
              {t('groups.create')}
            </button>
          </div>
        </form>
      ) : (
        <div class="room-foot">
          <button type="button" class="button primary" disabled={!isPossible} onClick={() => setIsNaming(true)}>
            {t('groups.next')}
          </button>
        </div>
      )}
    </Room>
  )
}
