/** Who is who (two contacts as one, one as two), and address books in and out. */
import { createReadStream } from 'node:fs'
import { stat, writeFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { EXIT, ExitError } from '../exit.ts'
import { call, download, findGateway, type GatewayOptions, upload } from '../gateway.ts'
import type { ContactJson } from '../json.ts'
import { contactFor } from '../people.ts'
import { json, line, printable, table } from '../print.ts'
import { print } from './contacts.ts'

type Options = GatewayOptions & { json?: boolean }

interface ImportJson {
  dry_run: boolean
  new: number
  changed: number
  same: number
  refused: number
  people: { line: number; name: string | null; address: string | null; result: string; reason: string | null }[]
}

/** `other` is the same person as `who`, and goes into them. */
export async function merge(who: string, other: string, options: Options): Promise<void> {
  const gateway = await findGateway(options)
  const kept = await contactFor(gateway, who)
  const gone = await contactFor(gateway, other)
  const path = `/api/v1/contacts/${kept.id}/merge`
  print(await call<ContactJson>(gateway, 'POST', path, { with: gone.id }), options)
}

export async function split(who: string, options: Options & { take: string }): Promise<void> {
  if (options.take !== 'number' && options.take !== 'account') {
    throw new ExitError(EXIT.usage, '--take is number or account.')
  }
  const gateway = await findGateway(options)
  const { id } = await contactFor(gateway, who)
  const parts = await call<{ contact: ContactJson; taken: ContactJson }>(
    gateway,
    'POST',
    `/api/v1/contacts/${id}/split`,
    { take: options.take },
  )
  if (options.json === true) json(parts)
  else for (const one of [parts.contact, parts.taken]) print(one, options)
}

export async function importBook(
  file: string,
  options: Options & { dryRun?: boolean; replaceNames?: boolean },
): Promise<void> {
  const found = await stat(file).catch(() => undefined)
  if (found?.isFile() !== true) throw new ExitError(EXIT.usage, `${file}: there is no such file.`)
  const names = options.replaceNames === true ? 'replace' : 'keep'
  const told = await upload<ImportJson>(
    await findGateway(options),
    `/api/v1/contacts/import?dry_run=${options.dryRun === true}&names=${names}`,
    { bytes: found.size, read: () => createReadStream(file) },
    {},
  )
  if (options.json === true) {
    json(told)
    return
  }
  const rows = told.people.filter(({ result, reason }) => result !== 'same' || reason !== null)
  if (rows.length > 0) {
    table(
      rows.map(({ line: at, name, address, result, reason }) => [
        `line ${at}`,
        result,
        printable(name ?? ''),
        printable(address ?? ''),
        printable(reason ?? ''),
      ]),
    )
  }
  const counts = `${told.new} new, ${told.changed} changed, ${told.same} as before, ${told.refused} refused.`
  line(told.dry_run ? `Would be: ${counts} Nothing was done.` : counts)
}

export async function exportBook(
  who: string | undefined,
  options: GatewayOptions & { output?: string },
): Promise<void> {
  const gateway = await findGateway(options)
  const path = who === undefined ? 'export' : `${(await contactFor(gateway, who)).id}/vcard`
  const cards = await text(await download(gateway, `/api/v1/contacts/${path}`))
  if (options.output === undefined) process.stdout.write(cards)
  else await writeFile(options.output, cards)
}
