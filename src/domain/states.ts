/**
 * How each message state is shown: one table of state → glyph → word → meaning, for inbox, CLI and documentation.
 * Glyphs differ in shape, not in colour alone.
 */
import type { MessageState } from './message.ts'

export interface StateFace {
  glyph: string
  word: string
  /** One sentence for a person. */
  meaning: string
}

export const STATE_FACES: Readonly<Record<MessageState, StateFace>> = {
  scheduled: { glyph: '▣', word: 'scheduled', meaning: 'Waits for its time.' },
  held: { glyph: '‖', word: 'held', meaning: 'Waits for your decision; the reason says for which.' },
  queued: { glyph: '◷', word: 'queued', meaning: 'Is about to be sent.' },
  sending: { glyph: '○', word: 'sending', meaning: 'Is being handed over now.' },
  uncertain: {
    glyph: '?',
    word: 'uncertain',
    meaning: 'May have left; a status report will tell. It is not sent twice.',
  },
  sent: { glyph: '✓', word: 'sent', meaning: 'The network or the service has taken it.' },
  delivered: { glyph: '✓✓', word: 'delivered', meaning: "Has reached the recipient's device." },
  read: { glyph: '✔✔', word: 'read', meaning: 'Has been read.' },
  failed: { glyph: '✕', word: 'failed', meaning: 'Was not delivered; the reason says why.' },
  expired: { glyph: '⌛', word: 'expired', meaning: 'Could not leave within its validity.' },
  canceled: { glyph: '⊘', word: 'canceled', meaning: 'Was taken back before it left.' },
  received: { glyph: '↙', word: 'received', meaning: 'Came in.' },
}
