/** Announced picture messages, MMS PDUs from standard input to standard output, and the carriers that we know. */
import { type CarrierQuestion, carrierLine, knownCarriers } from '../carriers.ts'
import { call, findGateway, type GatewayOptions } from '../gateway.ts'
import type { PictureJson } from '../json.ts'
import { decodeMmsLines, encodeMmsLines } from '../mms.ts'
import { json, line, printable, table } from '../print.ts'
import { pour } from './pdu.ts'

export function decode({ data }: { data?: boolean }): Promise<void> {
  return pour(decodeMmsLines(process.stdin, data === true))
}

export function encode(): Promise<void> {
  return pour(encodeMmsLines(process.stdin))
}

export function carriers({ json: asJson, ...question }: CarrierQuestion & { json?: boolean }): void {
  const { carriers: found, advice } = knownCarriers(question)
  for (const carrier of found) process.stdout.write(`${asJson ? JSON.stringify(carrier) : carrierLine(carrier)}\n`)
  process.stderr.write(`${advice}\n`)
}

type Options = GatewayOptions & { json?: boolean }

export async function list(options: Options): Promise<void> {
  const gateway = await findGateway(options)
  const { data } = await call<{ data: PictureJson[] }>(gateway, 'GET', '/api/v1/mms?limit=200')
  if (options.json === true) {
    for (const picture of data) json(picture)
  } else if (data.length === 0) line('No picture messages were announced.')
  else table(data.map(row))
}

export async function fetch(id: string, options: Options): Promise<void> {
  const gateway = await findGateway(options)
  const of = id.startsWith('msg_') ? 'messages' : 'mms'
  await call(gateway, 'POST', `/api/v1/${of}/${encodeURIComponent(id)}/fetch`)
  if (options.json === true) json({ id, asked: true })
  else line('It is fetched now; causeway mms list says what comes of it.')
}

function row({ received_at, state, from, bytes, reason, answered, id }: PictureJson): string[] {
  const size = bytes === null ? '' : `${Math.max(1, Math.round(bytes / 1_000))} KB`
  const why = [reason ?? '', answered === false ? 'the carrier is still to be told' : ''].filter((text) => text !== '')
  return [received_at, state, printable(from ?? 'unknown'), size, printable(why.join('; ')), id]
}
