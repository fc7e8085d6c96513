/** Backups without a gateway: reads one through, and puts one in the place of what is gone. */
import { join } from 'node:path'
import { openBackup, verifyBackup } from '../../backup/open.ts'
import { grouped, parseRecoveryKey } from '../../backup/recovery-key.ts'
import { restoreBackup } from '../../backup/restore.ts'
import { loadConfig } from '../../config.ts'
import { clock, json, line, octets } from '../print.ts'
import { askSecret, firstLine, isTerminal } from '../prompts.ts'

export async function verify(file: string, options: { json?: boolean }): Promise<void> {
  const { manifest, databaseBytes, files, filesBytes } = await verifyBackup(await openBackup(file, await recoveryKey()))
  const takenAt = new Date(manifest.takenAtMs).toISOString()
  if (options.json === true) {
    json({
      taken_at: takenAt,
      version: manifest.version,
      database_bytes: databaseBytes,
      files,
      files_bytes: filesBytes,
    })
  } else {
    line(`It is whole: of ${clock(takenAt)}, by Causeway ${manifest.version}.`)
    line(`Database ${octets(databaseBytes)}, ${files} files ${octets(filesBytes)}.`)
  }
}

export async function restore(
  file: string,
  options: { config?: string; takeover?: boolean; json?: boolean },
): Promise<void> {
  const { dataDir, runtimeDir, store } = loadConfig({ file: options.config })
  const { manifest, files, held, configFile } = await restoreBackup({
    path: file,
    recoveryKey: await recoveryKey(),
    target: { dataDir, keyFile: store.keyFile, socketPath: join(runtimeDir, 'api.sock') },
    takeover: options.takeover === true,
    clock: () => Date.now(),
  })
  const takenAt = new Date(manifest.takenAtMs).toISOString()
  if (options.json === true) {
    json({
      taken_at: takenAt,
      version: manifest.version,
      data_dir: dataDir,
      files,
      held,
      config_file: configFile ?? null,
    })
    return
  }
  line(`Restored to ${dataDir}, as it was ${clock(takenAt)}. Start the gateway.`)
  if (held > 0)
    line(`${held} messages had not left then. They wait for your decision; nothing is sent twice by itself.`)
  if (configFile !== undefined) line(`Its configuration lies in ${configFile}; put it where it belongs.`)
  line('The key file came with it. If another user runs the gateway, give them all that was restored.')
}

async function recoveryKey(): Promise<string> {
  if (!isTerminal()) return parseRecoveryKey(await firstLine('the recovery key'))
  const check = (answer: string) => {
    try {
      parseRecoveryKey(answer)
      return undefined
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
  }
  return parseRecoveryKey(await askSecret(`Recovery key (${EXAMPLE})`, check))
}

/** How it looks. */
const EXAMPLE = grouped('0'.repeat(30))
