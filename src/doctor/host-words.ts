/**
 * What the doctor says of machine and configuration, in English, by the code of the finding; what a sentence takes are the
 * values that the finding hands out, for those who say it in another language. Pure.
 */
import type { Sentences } from './sentences.ts'

const DEBIAN = 'Use Debian 12 or newer.'
const NTP = 'Turn time synchronisation on: timedatectl set-ntp true.'

const NEWER_NODE =
  'Install a newer release with long-term support (nodejs.org, or a newer Debian), then restart the gateway.'

const LET_GO = 'End it, or have it leave this port alone; a gateway that runs takes the port up by itself then.'

/** Sizes in bytes, times as ISO 8601. */
interface Room {
  bytes: number
  directory: string
}
interface Version {
  version: string
}
/** ISO 8601. */
interface Ending extends Version {
  at: string
}
interface Machine {
  platform: string
  arch: string
}
interface File {
  file: string
}
interface Port {
  port: string
}
interface Where {
  where: string
}

/** Until when a certificate holds. */
interface Holding extends File {
  at: string
}

const holds = ({ file, at }: Holding) => `The certificate ${file} holds until ${at}.`
const free = ({ bytes, directory }: Room) => `${Math.round(bytes / 1e6)} MB are free at ${directory}.`

export const HOST_WORDS = {
  'node.version.ok': { what: ({ version }: Version) => `Node ${version}.` },
  'node.version': {
    what: ({ version }: Version) => `Node ${version} is too old.`,
    fix: ({ wanted }: { wanted: string }) => `Install Node ${wanted} or newer (Debian: nodejs).`,
  },
  'node.eol.ok': { what: ({ version, at }: Ending) => `Node ${version} gets security fixes until ${at}.` },
  'node.eol.soon': {
    what: ({ version, at }: Ending) => `Node ${version} gets no security fixes any more after ${at}.`,
    fix: NEWER_NODE,
  },
  'node.eol': {
    what: ({ version, at }: Ending) =>
      `Node ${version} gets no security fixes since ${at}, at least not from Node itself.`,
    fix: NEWER_NODE,
  },
  'arch.unsupported.ok': { what: ({ arch }: Machine) => `Linux on ${arch}.` },
  'arch.unsupported': {
    what: ({ platform, arch }: Machine) => `${platform} on ${arch}: Signal’s libraries are not built for it.`,
    fix: 'Use 64-bit Linux on x64 or arm64.',
  },
  'glibc.old.ok': { what: ({ version }: Version) => `glibc ${version}.` },
  'glibc.old': {
    what: ({ version, wanted }: Version & { wanted: string }) => `glibc ${version} is older than ${wanted}.`,
    fix: DEBIAN,
  },
  'glibc.old.none': { what: 'The C library is not glibc.', fix: 'Use Debian 12 or newer (not Alpine).' },
  'disk.low.ok': { what: free },
  'disk.low': { what: free, fix: 'Make room.' },
  'disk.low.full': { what: free, fix: 'Make room: messages cannot be stored any more soon.' },
  'clock.skew.ok': { what: 'The clock follows a time server.' },
  'clock.skew.unknown': { what: 'Whether the clock is right cannot be told here; Signal’s server wants it to be.' },
  'clock.skew': { what: 'The clock follows no time server; Signal’s server refuses wrong clocks.', fix: NTP },
  'clock.skew.impossible': {
    what: ({ at }: { at: string }) => `The clock says ${at}, which cannot be.`,
    fix: NTP,
  },
  'redis.missing.ok': { what: ({ program }: { program: string }) => `${program} is there.` },
  'redis.missing': {
    what: 'There is no redis-server to start.',
    fix: 'sudo apt-get install -y --no-install-recommends redis-server',
  },
  'redis.missing.answers': { what: ({ where }: Where) => `Redis answers at ${where}.` },
  'redis.missing.silent': {
    what: ({ where }: Where) => `Nothing answers at ${where}.`,
    fix: 'Start that Redis, or set queue.redis to private.',
  },
  'db.key_missing.ok': { what: ({ file }: File) => `The key ${file} is there.` },
  'db.key_missing.later': { what: ({ file }: File) => `The key ${file} will be made at the first start.` },
  'db.key_missing': {
    what: ({ file }: File) => `The key ${file} is not there, but the database is.`,
    fix: 'Put back the key of this database; without it the database is noise.',
  },
  'db.key_open': {
    what: ({ file }: File) => `Others may read the key ${file}.`,
    fix: ({ file }: File) => `chmod 600 ${file}`,
  },
  'db.migration_pending.ok': { what: 'The database is of this version.' },
  'db.migration_pending': {
    what: ({ count }: { count: number }) =>
      `The database is of an earlier version; the next start brings it up to date (steps: ${count}, all of them or none).`,
    fix: ({ directory }: { directory: string }) =>
      `Nothing has to be done. The earlier version does not open it afterwards: to be able to go back, copy ${directory} before.`,
  },
  'db.migration_pending.newer': {
    what: 'The database was made by a later version of Causeway; this one does not start with it.',
    fix: ({ directory }: { directory: string }) =>
      `Update Causeway; or put back the copy of ${directory}, or a backup, that this version has made.`,
  },
  'modem.none': { what: 'No modem is configured: Signal only. Add one under modems, as hardware.md says.' },
  'port.missing': {
    what: ({ port }: Port) => `There is no ${port}.`,
    fix: 'Plug it in, or take the name from: ls -l /dev/serial/by-id/',
  },
  'port.busy': {
    what: ({ port }: Port) => `Another program holds ${port}.`,
    fix: ({ port }: Port) => `See which: sudo fuser -v ${port}. ${LET_GO}`,
  },
  'port.busy.by': {
    what: ({ port, program, pid }: Port & { program: string; pid: number }) =>
      `Another program holds ${port}: ${program} (process ${pid}).`,
    fix: LET_GO,
  },
  'port.permission.ok': { what: ({ port }: Port) => `${port} may be opened.` },
  'port.permission': {
    what: ({ port }: Port) => `This user may not open ${port}.`,
    fix: 'Add the user to the group: sudo usermod -aG dialout USER, and log in anew.',
  },
  'modem.owned_by_modemmanager': {
    what: 'ModemManager runs and may take the modem’s port.',
    fix: 'Install the udev rules of systemd/, or: sudo systemctl disable --now ModemManager',
  },
  'tls.expiring.ok': { what: holds },
  'tls.expiring': {
    what: holds,
    fix: 'Renew it; a running gateway takes the renewed files up within a minute.',
  },
  'tls.unusable': {
    what: ({ why }: { why: string }) => why,
    fix: 'Put it right: a gateway that runs keeps the certificate it has, and does not start with this one.',
  },
} satisfies Sentences
