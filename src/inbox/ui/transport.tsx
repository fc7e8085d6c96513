/** How a transport is shown everywhere: colour, shape and word. Signal: closed lock; text: outlined; picture message. */
import { t } from '../languages/translate.ts'
import { Lock, MessageSquare, Picture } from './icons.ts'

export type ShownTransport = 'signal' | 'sms' | 'mms'

/** "Signal message", "Text message – not encrypted". */
export function transportWords(transport: ShownTransport): string {
  return t(`transport.${transport}.long`)
}

export function TransportGlyph({ transport, label }: { transport: ShownTransport; label?: boolean }) {
  const Icon = transport === 'signal' ? Lock : transport === 'mms' ? Picture : MessageSquare
  return (
    <span class={`transport ${transport}`} title={transportWords(transport)}>
      <Icon aria-hidden="true" />
      <span class={label === true ? '' : 'visually-hidden'}>{t(`transport.${transport}.short`)}</span>
    </span>
  )
}
