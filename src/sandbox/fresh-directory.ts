/**
 * The sandbox begins anew at each start: its directory is emptied, but only one that a sandbox has made, and never
 * while another sandbox lives in it.
 */
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { EXIT, ExitError } from '../cli/exit.ts'

const markerName = '.causeway-sandbox'

export type SandboxPaths = ReturnType<typeof sandboxPaths>

/** Where things are in a sandbox's directory. */
export function sandboxPaths(dataDir: string) {
  return {
    controlSocket: join(dataDir, 'run', 'sim.sock'),
    apiSocket: join(dataDir, 'run', 'api.sock'),
    runtimeDir: join(dataDir, 'run'),
    gatewayDir: join(dataDir, 'gateway'),
    gatewayLog: join(dataDir, 'gateway.log'),
    configFile: join(dataDir, 'causeway.yaml'),
    worldDir: join(dataDir, 'world'),
  }
}

/**
 * Empties and marks the directory. Throws ExitError 78 for a directory with other things in it, 69 while a sandbox runs
 * there.
 */
export async function freshDirectory(dataDir: string): Promise<void> {
  const entries = existsSync(dataDir) ? readdirSync(dataDir) : []
  if (entries.length > 0 && !entries.includes(markerName)) {
    throw new ExitError(
      EXIT.config,
      `${dataDir} holds other things than a sandbox. Give the sandbox another directory.`,
    )
  }
  if (await answers(sandboxPaths(dataDir).controlSocket)) {
    throw new ExitError(
      EXIT.unavailable,
      `A sandbox runs in ${dataDir} already. Stop it first, or give another directory.`,
    )
  }
  rmSync(dataDir, { recursive: true, force: true })
  const { worldDir, runtimeDir, gatewayDir } = sandboxPaths(dataDir)
  for (const folder of [worldDir, runtimeDir, gatewayDir]) mkdirSync(folder, { recursive: true, mode: 0o700 })
  writeFileSync(
    join(dataDir, markerName),
    'Made by the Causeway sandbox, which empties this directory at each start.\n',
  )
}

function answers(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
