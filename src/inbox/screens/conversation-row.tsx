/** One conversation in the list: who, what was said last and over what, what is unread; and what can be done with it. */
import type { Conversation } from '../api/types.ts'
import { t } from '../languages/translate.ts'
import { changeConversation, markRead } from '../model/conversations.ts'
import { hasDraft } from '../model/drafts.ts'
import { typing } from '../model/live.ts'
import { conversationName, messageLine, personName, portraitOf } from '../model/people.ts'
import { maySend } from '../model/session.ts'
import { Avatar } from '../ui/avatar.tsx'
import { Archive, BellOff, Check, EllipsisVertical, Pin } from '../ui/icons.ts'
import { Menu } from '../ui/menu.tsx'
import { Swipe } from '../ui/swipe.tsx'
import { Tick } from '../ui/tick.tsx'
import { shortTime } from '../ui/times.ts'
import { TransportGlyph } from '../ui/transport.tsx'
import { threadPath } from './places.ts'

interface RowProps {
  row: Conversation
  isSelected: boolean
  /** The one row that Tab comes to; arrows go to the others. */
  isStop: boolean
  /** The focus came to it. */
  enter: () => void
  open: () => void
}

export function ConversationRow({ row, isSelected, isStop, enter, open }: RowProps) {
  const name = conversationName(row)
  const last = row.last_message
  const change = (what: Partial<Pick<Conversation, 'pinned' | 'muted' | 'archived'>>) =>
    void changeConversation(row.id, what).catch(() => {})
  const read = {
    label: t('list.markRead'),
    icon: <Check aria-hidden="true" />,
    run: () => void markRead(row.id).catch(() => {}),
  }
  const pin = {
    label: row.pinned ? t('list.unpin') : t('list.pin'),
    icon: <Pin aria-hidden="true" />,
    run: () => change({ pinned: !row.pinned }),
  }
  const mute = {
    label: row.muted ? t('list.unmute') : t('list.mute'),
    icon: <BellOff aria-hidden="true" />,
    run: () => change({ muted: !row.muted }),
  }
  const archive = {
    label: row.archived ? t('list.unarchive') : t('list.archive'),
    icon: <Archive aria-hidden="true" />,
    run: () => change({ archived: !row.archived }),
  }
  // A request is not read before it is let in: they would see it.
  const mayRead = row.unread > 0 && row.state === 'open'
  return (
    <div class="row-holder" onFocusIn={enter}>
      <Swipe before={!maySend.value ? [] : mayRead ? [read, pin] : [pin]} after={maySend.value ? [mute, archive] : []}>
        <a
          class={row.unread > 0 ? 'row has-unread' : 'row'}
          href={`#${threadPath(row.id)}`}
          tabIndex={isStop ? 0 : -1}
          aria-current={isSelected ? 'page' : undefined}
          onClick={(event) => {
            if (event.metaKey || event.ctrlKey) return
            event.preventDefault()
            open()
          }}
        >
          <Avatar
            id={row.contact?.id ?? row.group?.id ?? row.id}
            name={name}
            isGroup={row.group !== null}
            url={portraitOf(row)}
          />
          <span class="row-name" translate={false} dir="auto">
            {name}
          </span>
          <span class="row-flags">
            {row.pinned && <Pin aria-label={t('list.pinned')} />}
            {row.muted && <BellOff aria-label={t('list.muted')} />}
            <time>{last === null ? '' : shortTime(last.created_at)}</time>
          </span>
          <span class="row-line">
            <Line row={row} />
          </span>
          {row.unread > 0 && <span class="badge">{t('list.unread', { count: row.unread })}</span>}
        </a>
        {maySend.value && (
          <Menu
            class="icon-button row-menu"
            tabIndex={isStop ? 0 : -1}
            label={t('list.more')}
            icon={<EllipsisVertical aria-hidden="true" />}
            entries={[mayRead ? read : undefined, pin, mute, archive]}
          />
        )}
      </Swipe>
    </div>
  )
}

function Line({ row }: { row: Conversation }) {
  const last = row.last_message
  if (typing.value.has(row.id)) return <em>{t('thread.typing')}</em>
  if (hasDraft(row.id)) return <em class="draft-mark">{t('list.draft')}</em>
  if (row.state === 'request') return <em>{t(row.group === null ? 'list.request' : 'list.groupRequest')}</em>
  if (last === null) return <em>{t('list.empty')}</em>
  const isOurs = last.direction === 'out'
  return (
    <>
      {isOurs && <Tick message={last} />}
      {last.transport !== null && <TransportGlyph transport={last.transport} />}
      <span class="row-text" translate={false} dir="auto">
        {last.author !== null && !isOurs ? `${personName(last.author)}: ` : ''}
        {messageLine(last)}
      </span>
    </>
  )
}
