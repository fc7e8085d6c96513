/** Asks before a text follows a Signal message that has no receipt yet: both may arrive, and the text is not encrypted. */
import { ask } from '../api/client.ts'
import type { Message } from '../api/types.ts'
import { t } from '../languages/translate.ts'
import { keepMessage } from '../model/threads.ts'
import { useAct } from '../ui/act.ts'
import { Dialog } from '../ui/dialog.tsx'
import { Problem } from '../ui/problem.tsx'

export function SendTextDialog({ message, onClose }: { message: Message; onClose: () => void }) {
  const acting = useAct()
  const go = async () => {
    const done = await acting.run(async () =>
      keepMessage(await ask<Message>('POST', `/api/v1/messages/${message.id}/send-as-text`)),
    )
    if (done) onClose()
  }
  return (
    <Dialog title={t('sendText.title')} onClose={onClose}>
      <p>{t('sendText.words')}</p>
      {acting.error !== undefined && <Problem error={acting.error} />}
      <div class="buttons">
        <button type="button" class="button sms" disabled={acting.busy} onClick={() => void go()}>
          {t('sendText.go')}
        </button>
        <button type="button" class="button" onClick={onClose}>
          {t('held.wait')}
        </button>
      </div>
    </Dialog>
  )
}
