/** What can be done with one message: react, reply, look into it, edit it, take it back. */
import { useState } from 'preact/hooks'
import { ask, wordsOf } from '../api/client.ts'
import type { Message } from '../api/types.ts'
import { t } from '../languages/translate.ts'
import { maySend } from '../model/session.ts'
import { dropMessage, keepMessage } from '../model/threads.ts'
import {
  Copy,
  EllipsisVertical,
  Info,
  MessageSquare,
  Pencil,
  Reply,
  RotateCw,
  SquareDashedText,
  Trash2,
  Undo2,
} from '../ui/icons.ts'
import { Menu, type MenuEntry } from '../ui/menu.tsx'
import { EditDialog } from './edit-dialog.tsx'
import { react } from './reactions.tsx'
import { hasFingerOnly, selectText } from './selecting.ts'
import { SendTextDialog } from './send-text-dialog.tsx'

const QUICK = ['👍', '❤️', '😂', '😮', '😢', '🙏'] as const
/** As the gateway has it: a message can be edited or taken back for a day. */
const CHANGEABLE_MS = 86_400_000

const CANCELABLE: ReadonlySet<string> = new Set(['scheduled', 'held', 'queued'])
/** Signal has it, or is to get it, and nobody has confirmed it. */
const UNCONFIRMED: ReadonlySet<string> = new Set(['queued', 'sent'])
const RETRYABLE: ReadonlySet<string> = new Set(['failed', 'expired', 'canceled', 'uncertain'])

interface MessageMenuProps {
  message: Message
  reply: () => void
  info: () => void
}

export function MessageMenu({ message, reply, info }: MessageMenuProps) {
  const [isEditing, setIsEditing] = useState(false)
  const [isAsked, setIsAsked] = useState(false)
  const [problem, setProblem] = useState<string | undefined>(undefined)
  const act = (what: () => Promise<unknown>) => {
    setProblem(undefined)
    what().catch((error) => setProblem(wordsOf(error)))
  }
  const post = (path: string) =>
    act(async () => keepMessage(await ask<Message>('POST', `/api/v1/messages/${message.id}/${path}`)))
  const drop = (whose: 'me' | 'everyone') =>
    act(async () => {
      const changed = await ask<Message | undefined>('DELETE', `/api/v1/messages/${message.id}?for=${whose}`)
      if (changed === undefined) dropMessage(message.id)
      else keepMessage(changed)
    })
  const removeFile = (id: string) =>
    act(async () => {
      await ask('DELETE', `/api/v1/media/${id}?for=me`)
      keepMessage(await ask<Message>('GET', `/api/v1/messages/${message.id}`))
    })
  const canWrite = maySend.value
  const isLive = message.deleted_at === null && message.disappeared_at === null
  const isQuiet = message.status === 'queued' && message.code === 'quiet-hours'
  const isOverSignal = message.transport === 'signal' && isLive
  const isOurs = message.direction === 'out'
  const isFresh = isOurs && isOverSignal && Date.now() - Date.parse(message.sent_at ?? '') < CHANGEABLE_MS
  const entries: (MenuEntry | undefined)[] = [
    canWrite ? { label: t('menu.reply'), icon: <Reply aria-hidden="true" />, run: reply } : undefined,
    { label: t('menu.info'), icon: <Info aria-hidden="true" />, run: info },
    message.text === '' || !isLive
      ? undefined
      : {
          label: t('menu.copy'),
          icon: <Copy aria-hidden="true" />,
          run: () => act(() => navigator.clipboard.writeText(message.text)),
        },
    message.text === '' || !isLive || !hasFingerOnly()
      ? undefined
      : {
          label: t('menu.select'),
          icon: <SquareDashedText aria-hidden="true" />,
          run: () => selectText(message.id),
        },
    canWrite && isOurs && RETRYABLE.has(message.status)
      ? { label: t('action.retry'), icon: <RotateCw aria-hidden="true" />, run: () => post('retry') }
      : undefined,
    canWrite && isOurs && CANCELABLE.has(message.status)
      ? { label: t('menu.cancel'), icon: <Undo2 aria-hidden="true" />, run: () => post('cancel') }
      : undefined,
    canWrite && isOurs && (isQuiet || (isOverSignal && message.group === null && UNCONFIRMED.has(message.status)))
      ? { label: t('sendText.title'), icon: <MessageSquare aria-hidden="true" />, run: () => setIsAsked(true) }
      : undefined,
    canWrite && isFresh && message.text !== ''
      ? { label: t('menu.edit'), icon: <Pencil aria-hidden="true" />, run: () => setIsEditing(true) }
      : undefined,
    canWrite && isFresh
      ? {
          label: t('menu.deleteEveryone'),
          icon: <Undo2 aria-hidden="true" />,
          run: () => drop('everyone'),
          danger: true,
          sure: true,
        }
      : undefined,
    ...message.attachments.map(({ id, file_name: name, state }, index) =>
      canWrite && state !== 'gone' && (message.text !== '' || message.attachments.length > 1)
        ? {
            label: t('menu.removeFile', { name: name ?? `${t('file.file')} ${index + 1}` }),
            icon: <Trash2 aria-hidden="true" />,
            run: () => removeFile(id),
            sure: true,
          }
        : undefined,
    ),
    canWrite
      ? {
          label: t('menu.deleteMe'),
          icon: <Trash2 aria-hidden="true" />,
          run: () => drop('me'),
          danger: true,
          sure: true,
        }
      : undefined,
  ]
  return (
    <>
      <Menu
        class="icon-button entry-menu"
        label={t('menu.message')}
        icon={<EllipsisVertical aria-hidden="true" />}
        entries={entries}
        head={
          canWrite &&
          isOverSignal && (
            <div class="quick">
              {QUICK.map((emoji) => (
                <button
                  key={emoji}
                  type="button"
                  aria-label={t('reaction.add', { emoji })}
                  onClick={(event) => {
                    event.currentTarget.closest<HTMLElement>('[popover]')?.hidePopover()
                    act(() => react(message, emoji))
                  }}
                >
                  {emoji}
                </button>
              ))}
            </div>
          )
        }
      />
      {problem !== undefined && (
        <p class="note failed" role="alert">
          {problem}
        </p>
      )}
      {isAsked && <SendTextDialog message={message} onClose={() => setIsAsked(false)} />}
      {isEditing && <EditDialog message={message} onClose={() => setIsEditing(false)} />}
    </>
  )
}
