/** What an MMSC reports of a picture message of ours. */

/** What a report says of a message of ours, by the MMSC's name for it. */
export interface MmsReport {
  lane: string
  mmscMessageId: string
  /** As the report names them. */
  recipient: string
  kind: 'delivered' | 'read' | 'failed'
  /** X-Mms-Status or X-Mms-Read-Status, as on the wire. */
  status: number
  atMs: number
}
