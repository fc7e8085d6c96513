/** Changes the words of a message that Signal carried. */
import { useState } from 'preact/hooks'
import { ask } from '../api/client.ts'
import type { Message } from '../api/types.ts'
import { t } from '../languages/translate.ts'
import { movedWith } from '../model/mentions.ts'
import { keepMessage } from '../model/threads.ts'
import { useAct } from '../ui/act.ts'
import { Dialog } from '../ui/dialog.tsx'
import { Problem } from '../ui/problem.tsx'

export function EditDialog({ message, onClose }: { message: Message; onClose: () => void }) {
  const [text, setText] = useState(message.text)
  const acting = useAct()
  const save = async () => {
    const done = await acting.run(async () =>
      keepMessage(await ask<Message>('PATCH', `/api/v1/messages/${message.id}`, { body: bodyOf(message, text) })),
    )
    if (done) onClose()
  }
  return (
    <Dialog title={t('edit.title')} onClose={onClose}>
      <label class="field">
        <span>{t('edit.label')}</span>
        <textarea rows={4} dir="auto" value={text} onInput={(event) => setText(event.currentTarget.value)} />
      </label>
      <p class="quiet small">{t('edit.note')}</p>
      {acting.error !== undefined && <Problem error={acting.error} />}
      <div class="buttons">
        <button
          type="button"
          class="button primary"
          disabled={acting.busy || text.trim() === '' || text === message.text}
          onClick={() => void save()}
        >
          {t('edit.save')}
        </button>
      </div>
    </Dialog>
  )
}

/** Styles, and whom it names, stay with the words that stay. */
function bodyOf({ text: before, ranges }: Message, text: string): object {
  const kept = movedWith(before, text, ranges)
  return {
    text,
    text_styles: kept.filter((range) => 'style' in range),
    mentions: kept.filter((range) => 'mention' in range),
  }
}
