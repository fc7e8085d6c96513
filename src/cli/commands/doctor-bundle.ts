/** Writes the support bundle: the running gateway's, or without one what can be said of the machine. */
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { loadConfig } from '../../config.ts'
import { describeContents, folderName, makeBundle } from '../../doctor/bundle.ts'
import { namesInTar } from '../../doctor/tar.ts'
import { versionsHere } from '../../doctor/versions.ts'
import { CausewayError } from '../../domain/errors.ts'
import type { Finding } from '../../domain/finding.ts'
import { VERSION } from '../../version.ts'
import { explained } from '../configured.ts'
import { EXIT, ExitError } from '../exit.ts'
import { download, findGateway, type GatewayOptions } from '../gateway.ts'
import { json, line } from '../print.ts'

type Options = GatewayOptions & { json?: boolean; bundle?: string | boolean }

const BUNDLE_BYTES_MAX = 16 * 1024 * 1024

/** `examine`: the findings where no gateway runs. */
export async function bundle(options: Options, examine: () => Promise<readonly Finding[]>): Promise<void> {
  const nowMs = Date.now()
  const octets = (await gatewayBundle(options)) ?? (await bundleHere(options, await examine(), nowMs))
  const path = resolve(typeof options.bundle === 'string' ? options.bundle : `${folderName(nowMs)}.tar.gz`)
  write(path, octets)
  const names = namesInTar(gunzipSync(octets, { maxOutputLength: BUNDLE_BYTES_MAX }))
  if (options.json === true) {
    json({ file: path, bytes: octets.length, contents: names })
    return
  }
  line(path)
  for (const described of describeContents(names)) line(`  ${described.replace(/^[^/]*\//, '')}`)
  line('Without texts, names, numbers, PINs, tokens and keys; readable by you alone. Have a look before you attach it.')
}

async function gatewayBundle(options: Options): Promise<Buffer | undefined> {
  try {
    const chunks: Buffer[] = []
    let bytes = 0
    for await (const chunk of await download(await findGateway(options), '/api/v1/system/bundle')) {
      bytes += chunk.length
      if (bytes > BUNDLE_BYTES_MAX) throw new ExitError(EXIT.failed, 'The gateway’s bundle is too large.')
      chunks.push(chunk)
    }
    return Buffer.concat(chunks)
  } catch (error) {
    const isDown = error instanceof ExitError && error.exitCode === EXIT.unavailable
    if (isDown || (CausewayError.is(error) && error.code.startsWith('config-'))) return undefined
    throw error
  }
}

async function bundleHere(options: Options, findings: readonly Finding[], nowMs: number): Promise<Buffer> {
  const config = configured(options)
  const names = config.flatMap(({ key, value }) => (key.endsWith('].label') ? (value ?? []) : []))
  const parts = { findings, config, names, versions: await versionsHere(VERSION) }
  return makeBundle(parts, { nowMs, randomOctets: (count) => randomBytes(count) })
}

/** What is written; nothing where even that cannot be read, which the findings say. */
function configured({ config: file }: Options) {
  try {
    return explained({ file }, loadConfig({ file }))
  } catch (error) {
    if (!CausewayError.is(error)) throw error
    try {
      return explained({ file }, undefined)
    } catch (unreadable) {
      if (CausewayError.is(unreadable)) return []
      throw unreadable
    }
  }
}

/** A fresh file, for its user alone. */
function write(path: string, octets: Buffer): void {
  try {
    writeFileSync(path, octets, { flag: 'wx', mode: 0o600 })
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new ExitError(EXIT.failed, `${path} cannot be written (${why}).`, cause)
  }
}
