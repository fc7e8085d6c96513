/** Files of a message: pictures that open large, sounds and films, everything else by name; and those not here yet. */
import { useState } from 'preact/hooks'
import { ask } from '../api/client.ts'
import type { Attachment, Message } from '../api/types.ts'
import { t } from '../languages/translate.ts'
import { pictureOf, picturesOf } from '../model/pictures.ts'
import { keepMessage, threadOf } from '../model/threads.ts'
import { useAct } from '../ui/act.ts'
import { Download, FileText, Hourglass, Picture, TriangleAlert } from '../ui/icons.ts'
import { Problem } from '../ui/problem.tsx'
import { Reason } from '../ui/reason.tsx'
import { sizeWords } from '../ui/sizes.ts'
import { Lightbox } from './lightbox.tsx'
import { Recording } from './recording.tsx'
import { ViewOnce } from './view-once.tsx'

export function Files({ message }: { message: Message }) {
  return (
    <div class={message.attachments.length > 1 ? 'files many' : 'files'}>
      {message.attachments.map((file) => (
        <File key={file.id} file={file} message={message} />
      ))}
    </div>
  )
}

function File({ file, message }: { file: Attachment; message: Message }) {
  const [isOpen, setIsOpen] = useState(false)
  if (file.view_once) {
    return (
      <>
        <Named file={file} words={t('file.viewOnce')} />
        <ViewOnce file={file} message={message} />
      </>
    )
  }
  if (file.left_out !== null) return <LeftOut file={file} reason={file.left_out} />
  if (file.state !== 'here' || file.url === null) return <Absent file={file} message={message} />
  const type = file.content_type ?? ''
  const name = file.caption ?? file.file_name ?? t('file.picture')
  const picture = pictureOf(file)
  if (picture !== undefined) {
    const shape = file.width !== null && file.height !== null ? { width: file.width, height: file.height } : {}
    return (
      <>
        <button type="button" class="picture" aria-label={t('file.open', { name })} onClick={() => setIsOpen(true)}>
          <img src={picture.thumbnailUrl} alt="" loading="lazy" {...shape} />
        </button>
        {isOpen && (
          <Lightbox
            pictures={picturesOf(threadOf(message.conversation_id).value.messages)}
            id={file.id}
            onClose={() => setIsOpen(false)}
          />
        )}
      </>
    )
  }
  if (/^(?:audio|video)\//.test(type)) {
    return (
      <Recording file={file} name={name}>
        <Named file={file} words={file.file_name ?? t('file.file')} url={file.url} />
      </Recording>
    )
  }
  return <Named file={file} words={file.file_name ?? t('file.file')} url={file.url} />
}

function Named({ file, words, url }: { file: Attachment; words: string; url?: string }) {
  const inside = (
    <>
      <FileText aria-hidden="true" />
      <span>
        <b translate={file.file_name === null} dir="auto">
          {words}
        </b>
        {file.bytes !== null && <small>{sizeWords(file.bytes)}</small>}
        {file.state === 'gone' && (
          <small>
            <Reason kind="file.why" code={file.code} reason={file.reason} values={file.values} />
          </small>
        )}
      </span>
      {url !== undefined && <Download aria-hidden="true" />}
    </>
  )
  return url === undefined ? (
    <span class="file">{inside}</span>
  ) : (
    <a class="file" href={url} download={file.file_name ?? ''}>
      {inside}
    </a>
  )
}

/** It is here, and the other side has not got it. */
function LeftOut({ file, reason }: { file: Attachment; reason: NonNullable<Attachment['left_out']> }) {
  return (
    <div class="file left-out">
      <TriangleAlert aria-hidden="true" />
      <span>
        <s translate={file.file_name === null} dir="auto">
          {file.file_name ?? t('file.file')}
        </s>
        <small>{t(`file.leftOut.${reason}`)}</small>
      </span>
    </div>
  )
}

function Absent({ file, message }: { file: Attachment; message: Message }) {
  const fetching = useAct()
  const get = () =>
    void fetching.run(async () => {
      await ask('POST', `/api/v1/media/${file.id}/fetch`)
      keepMessage(await ask<Message>('GET', `/api/v1/messages/${message.id}`))
    })
  const words = {
    waiting: t('file.waiting'),
    fetching: t('file.fetching'),
    failed: t('file.failed'),
    gone: t('file.gone'),
    here: t('file.file'),
  }[file.state]
  return (
    <div class="file absent">
      {file.state === 'fetching' ? <Hourglass aria-hidden="true" /> : <Picture aria-hidden="true" />}
      <span>
        <b>{words}</b>
        {file.reason !== null && (
          <small>
            <Reason kind="file.why" code={file.code} reason={file.reason} values={file.values} />
          </small>
        )}
      </span>
      {(file.state === 'waiting' || file.state === 'failed') && (
        <button type="button" class="button" disabled={fetching.busy} onClick={get}>
          {t('file.fetch')}
        </button>
      )}
      {fetching.error !== undefined && <Problem error={fetching.error} />}
    </div>
  )
}
