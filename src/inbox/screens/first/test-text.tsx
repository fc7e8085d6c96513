/** A test text through a modem, to itself or to a number that is given, with what it costs and what became of it. */
import { useEffect, useState } from 'preact/hooks'
import { ask } from '../../api/client.ts'
import type { Message, Modem } from '../../api/types.ts'
import { t } from '../../languages/translate.ts'
import { useAct } from '../../ui/act.ts'
import { Problem } from '../../ui/problem.tsx'
import { Reason } from '../../ui/reason.tsx'
import { SmallForm } from '../later/small-form.tsx'

const LOOK_EVERY_MS = 1_000
/** Some networks never report: then `sent` is all there is to know. */
const LOOKS_MAX = 300
/** From here on nothing more becomes of it that a test would wait for. */
const SETTLED: readonly string[] = ['delivered', 'read', 'failed', 'expired', 'canceled']

export function TestText({ modem }: { modem: Modem }) {
  const [message, setMessage] = useState<Message | undefined>(undefined)
  const looking = useAct()
  const [looks, setLooks] = useState(0)
  const isOpen = message !== undefined && !SETTLED.includes(message.status) && looks < LOOKS_MAX
  useEffect(() => {
    if (!isOpen) return
    const look = () => {
      setLooks((count) => count + 1)
      void looking.run(async () => setMessage(await ask<Message>('GET', `/api/v1/messages/${message.id}`)))
    }
    const again = setInterval(look, LOOK_EVERY_MS)
    return () => clearInterval(again)
  }, [isOpen, message?.id])
  const price = modem.texts?.cost_per_part ?? null
  return (
    <section class="card test-text">
      <h3>{t('wizard.text')}</h3>
      <p class="quiet">{price === null ? t('wizard.text.planned') : t('wizard.text.priced', { price })}</p>
      <SmallForm
        fields={[{ name: 'to', label: t('wizard.text.to'), value: modem.number ?? '' }]}
        button={t('wizard.text.send')}
        run={async ({ to = '' }) => {
          const body = { to: to.replace(/[\s()-]/g, ''), text: t('wizard.text.body'), policy: 'sms_only' }
          setLooks(0)
          setMessage(await ask<Message>('POST', '/api/v1/messages', { body }))
        }}
      />
      {message !== undefined && (
        <p class={message.status === 'failed' ? 'state bad' : 'state good'} role="status">
          {t(`state.${message.status}`)} <Reason code={message.code} reason={message.reason} values={message.values} />
        </p>
      )}
      {looking.error !== undefined && <Problem error={looking.error} />}
    </section>
  )
}
