/** Gathers what a support bundle has in it from the running gateway: states and counts, and no more than that of anybody. */
import { type BundledKey, makeBundle } from '../doctor/bundle.ts'
import { versionsHere } from '../doctor/versions.ts'
import { CausewayError } from '../domain/errors.ts'
import { modemView } from '../http/driver-views.ts'
import type { ApiPorts, SignalView } from '../http/ports.ts'
import { failedCounts, waitingCounts } from '../store/mailbox.ts'
import { migrationLevel, webhookCounts, webhookHosts } from '../store/support.ts'

type Known = Pick<
  ApiPorts,
  'db' | 'health' | 'modems' | 'signal' | 'router' | 'logLines' | 'version' | 'clock' | 'randomOctets'
>

/** A `.tar.gz`. `configured`: what the configuration says, with its origin. */
export async function supportBundle(ports: Known, configured: () => readonly BundledKey[]): Promise<Uint8Array> {
  const { db, health, modems, signal, router, logLines, version, clock, randomOctets } = ports
  return makeBundle(
    {
      findings: await health.doctor(),
      config: written(configured),
      versions: await versionsHere(version),
      health: await health.components(),
      modems: modems.list().map(modemCard),
      names: [...modems.list().flatMap(({ label }) => label ?? []), ...(await webhookHosts(db))],
      signal: signalCard(signal.status()),
      queue: {
        waiting: (await waitingCounts(db)).map(count),
        failed: (await failedCounts(db)).map(count),
        paused: router.pauses.all.map(({ transport, lane, sinceMs }) => ({ transport, lane, since: iso(sinceMs) })),
        problem: health.queueProblem() ?? null,
      },
      webhooks: await webhookCounts(db),
      database: await migrationLevel(db),
      log: logLines
        .since(0, 'info')
        .map(({ atMs, level, message, fields }) => ({ at: iso(atMs), level, message, fields })),
    },
    { nowMs: clock(), randomOctets },
  )
}

/** Nothing where the file was spoiled since the start. */
function written(configured: () => readonly BundledKey[]): readonly BundledKey[] {
  try {
    return configured()
  } catch (error) {
    if (CausewayError.is(error)) return []
    throw error
  }
}

/** What it is and can do; whose SIM is in it, only as being known or not. */
function modemCard(modem: Parameters<typeof modemView>[0]) {
  const { imei, imsi, iccid, number, smsc, label: _, ...rest } = modemView(modem)
  return { ...rest, known: known({ imei, imsi, iccid, number, smsc }) }
}

function known(values: Readonly<Record<string, unknown>>): Record<string, boolean> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value !== null]))
}

function signalCard({ state, reason, sinceMs, deviceId, warnings }: SignalView) {
  return { state, reason, since: iso(sinceMs), role: role(deviceId), warnings: warnings.map(({ code }) => code) }
}

function role(deviceId: number | undefined): string | null {
  if (deviceId === undefined) return null
  return deviceId === 1 ? 'primary' : 'linked'
}

function count(row: { state: string; transport: string | null; lane: string | null; count: number }) {
  const { state, transport, lane, count } = row
  return { state, transport, lane, count }
}

function iso(atMs: number): string {
  return new Date(atMs).toISOString()
}
