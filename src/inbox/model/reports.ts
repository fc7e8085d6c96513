/** Whether a network has kept quiet about a text that it took: some report delivery never, and then it stays "sent". Pure. */
import type { Message } from '../api/types.ts'

/** A phone that is on has the text long before, and its network has said so. */
const REPORT_WITHIN_MS = 600_000

/** It was sent over the phone network, and no report says that it arrived. */
export function isUnreported(
  { direction, status, transport, sent_at: sentAt }: Pick<Message, 'direction' | 'status' | 'transport' | 'sent_at'>,
  nowMs: number,
): boolean {
  const isPhones = transport === 'sms' || transport === 'mms'
  return direction === 'out' && status === 'sent' && isPhones && nowMs - Date.parse(sentAt ?? '') > REPORT_WITHIN_MS
}
