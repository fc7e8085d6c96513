/** All pictures of a conversation, as far back as somebody wishes to look. */
import { useState } from 'preact/hooks'
import { t } from '../../languages/translate.ts'
import { picturesOf } from '../../model/pictures.ts'
import { loadOlder, threadOf } from '../../model/threads.ts'
import { Lightbox } from '../../thread/lightbox.tsx'
import { Action } from './action.tsx'

/** How many messages further back one look goes. */
const LOOK_BACK = 200

export function Gallery({ conversationId }: { conversationId: string }) {
  const [shown, show] = useState<string | undefined>(undefined)
  const { messages, olderCursor } = threadOf(conversationId).value
  const pictures = picturesOf(messages)
  return (
    <section>
      <h3>{t('gallery.title')}</h3>
      {pictures.length === 0 && <p class="quiet small">{t('list.noneHere')}</p>}
      <ul class="gallery">
        {[...pictures].reverse().map(({ id, thumbnailUrl, name }) => (
          <li key={id}>
            <button type="button" class="picture" aria-label={t('file.open', { name })} onClick={() => show(id)}>
              <img src={thumbnailUrl} alt="" loading="lazy" />
            </button>
          </li>
        ))}
      </ul>
      {typeof olderCursor === 'string' && (
        <Action label={t('gallery.older')} run={() => loadOlder(conversationId, LOOK_BACK)} />
      )}
      {shown !== undefined && <Lightbox pictures={pictures} id={shown} onClose={() => show(undefined)} />}
    </section>
  )
}
