/**
 * The configuration as the program sees it: loaded from flags, environment, YAML and defaults (in this order), checked
 * whole, with paths resolved and files read. Whatever is wrong is said at once, key by key; nothing is started before.
 */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileLayers, type Layers, readLayers } from './config/layers.ts'
import { type ConfigProblem, describeIssues } from './config/problems.ts'
import { type ConfigFile, configSchema } from './config/schema.ts'
import { keysAt, wordsAt } from './config/shape.ts'
import type { Path } from './config/tree.ts'
import { CausewayError } from './domain/errors.ts'
import type { LaneRules } from './domain/transport.ts'
import type { SignalServer } from './signal/server.ts'

/** `embedded` is experimental, and sends only. */
export type MmsBearerConfig =
  | { kind: 'interface'; name: string; gateway: string | undefined }
  | { kind: 'modem-socket' }
  | { kind: 'ppp'; dial: PppConfig }
  | { kind: 'embedded' }

/** What is left out is as `modem/mms/bearer/ppp.ts` has it. */
export interface PppConfig {
  /** `/dev/…`; left out: the modem's port for data. */
  port?: string
  context?: number
  unit?: number
  baudRate?: number
  carrierDetect?: boolean
  pppd?: string
  chat?: string
  /** Name of a file in /etc/ppp/peers. */
  peer?: string
}

/** A carrier's MMSC and the way to it, as the owner has written it. */
export interface ModemMmsConfig {
  /** An id of the carriers that we ship, or `auto`; not looked at where there is `manual`. */
  carrier: string
  manual: ManualCarrier | undefined
  bearer: MmsBearerConfig
  /** In the place of what the carrier's record says. */
  dns: readonly string[] | undefined
  bytesMax: number | undefined
  recipientsMax: number | undefined
  appendTransactionId: boolean | undefined
  answerAtLocation: boolean | undefined
  userAgent: string | undefined
  profileUrl: string | undefined
  profileHeader: string | undefined
  /** Beside those. */
  headers: Readonly<Record<string, string>>
}

export interface ManualCarrier {
  apn: string
  auth: 'none' | 'pap' | 'chap'
  user: string | undefined
  password: string | undefined
  mmsc: string
  proxy: { host: string; port: number } | undefined
}

export interface ModemConfig {
  /** `/dev/…`, `tcp://host:port`, `rfc2217://host:port` or `auto`. */
  port: string
  imei: string | undefined
  label: string | undefined
  number: string | undefined
  pin: string | undefined
  rules: LaneRules
  mms: ModemMmsConfig | undefined
}

export interface Config {
  /** The file that was read, absolute. */
  file: string | undefined
  profile: 'live' | 'sandbox'
  http: {
    listen: { host: string; port: number }
    /** PEM files, absolute; undefined: plain HTTP. */
    tls: { cert: string; key: string } | undefined
    publicUrl: string | undefined
    sourceUrl: string | undefined
    requestsPerMinute: number
  }
  mode: 'integrated' | 'data_only' | 'sms_only'
  /** ISO 3166 country for numbers in national form. */
  region: string | undefined
  fallback: {
    default: 'auto' | 'ask' | 'signal_only' | 'sms_only'
    afterMs: number
    whenRoaming: 'ask' | 'always' | 'never'
    /** `HH:MM-HH:MM` in `timeZone`, or `off`. */
    quietHours: string
    timeZone: string
  }
  validityMs: number
  resendWhenUncertain: boolean
  modems: readonly ModemConfig[]
  texts: {
    transliterate: boolean
    referenceBits: 8 | 16
    nationalLanguages: readonly number[]
    incompleteAfterMs: number
  }
  mms: {
    mode: 'immediate' | 'deferred'
    bytesMax: number
    /** Of what people send whom the owner does not know; larger ones wait until they are asked for. */
    strangersBytesMax: number
    sendBytesMax: number | undefined
    groups: 'together' | 'apart'
    /** Of silence in an exchange. */
    timeoutMs: number
    deliveryReports: boolean
    readReports: boolean
    allowReports: boolean
    sendReadReports: boolean
    /** Parts that a text may take before it goes as a picture message; undefined: any number. */
    longTextParts: number | undefined
  }
  calls: { hangUp: boolean }
  broadcasts: { channels: readonly number[] }
  alerts: { to: readonly string[] }
  signal: {
    server: SignalServer
    readReceipts: boolean
    typing: boolean
    profile: { name: string | undefined; about: string | undefined }
  }
  queue: { redis: { kind: 'private' } | { kind: 'socket'; path: string } | { kind: 'url'; url: string } }
  store: { keyFile: string }
  attachments: { bytesMax: number; automaticBytesMax: number; totalBytesMax: number }
  /** `everyMs` 0: never by itself. */
  backup: { directory: string; everyMs: number; keep: number }
  push: { contact: string; localServices: boolean }
  memory: 'auto' | 'small' | 'fast'
  dataDir: string
  runtimeDir: string
  log: { level: 'debug' | 'info' | 'warn' | 'error' | 'silent'; format: 'auto' | 'json' | 'pretty' }
}

export interface LoadConfigOptions {
  /** The file to read; absent: the installed one, else `./causeway.yaml`, else none. */
  file?: string | undefined
  env?: Readonly<Record<string, string | undefined>>
  /** Dotted key → value: what the command line says. */
  flags?: Readonly<Record<string, string>>
  /** Where relative paths begin that no file wrote. */
  directory?: string
}

const INSTALLED_FILE = '/etc/causeway/causeway.yaml'

/** Thrown for values that cannot be; `problems` holds one entry for each. */
export class ConfigError extends CausewayError {
  readonly problems: readonly ConfigProblem[]

  constructor(problems: readonly ConfigProblem[]) {
    const count = problems.length === 1 ? 'One thing is' : `${problems.length} things are`
    super({
      code: problems.some(({ id }) => id === 'config.unknown_key') ? 'config-unknown-key' : 'config-invalid',
      message: `${count} wrong in the configuration:\n${problems.map(({ message }) => `  ${message}`).join('\n')}`,
      retry: 'after-human',
    })
    this.name = 'ConfigError'
    this.problems = problems
  }
}

/**
 * Loads and checks the configuration. Throws CausewayError `config-unreadable`, `config-syntax`, or ConfigError
 * (`config-unknown-key`, `config-invalid`); all of them exit 78 (EX_CONFIG).
 */
export function loadConfig(options: LoadConfigOptions = {}): Config {
  const directory = resolve(options.directory ?? '.')
  const env = options.env ?? process.env
  const { file, layers } = readConfig(options)
  const parsed = parse(layers)
  if (!parsed.success) throw new ConfigError(problemsOf(parsed.error.issues, layers))

  /** Paths in a file begin at the file's folder, all others at the working directory. */
  const absolute = (key: Path, path: string) => {
    const fromFile = file !== undefined && !/^(environment|flag) /.test(layers.origin(key) ?? 'flag ')
    return resolve(fromFile ? dirname(file) : directory, path)
  }
  const values = parsed.data
  const installed = file !== undefined && dirname(file) === dirname(INSTALLED_FILE)
  const dataDir =
    values.data_dir === undefined
      ? installed
        ? '/var/lib/causeway'
        : join(directory, 'data')
      : absolute(['data_dir'], values.data_dir)
  const runtimeDir =
    values.runtime_dir === undefined
      ? installed
        ? '/run/causeway'
        : join(dataDir, 'run')
      : absolute(['runtime_dir'], values.runtime_dir)
  const keyFile =
    values.store.key_file === undefined
      ? defaultKeyFile(env, installed, dataDir)
      : absolute(['store', 'key_file'], values.store.key_file)
  return {
    file,
    profile: values.profile,
    http: {
      listen: values.http.listen,
      tls: tlsFiles(values.http.tls, absolute),
      publicUrl: values.http.public_url,
      sourceUrl: values.http.source_url,
      requestsPerMinute: values.http.requests_per_minute,
    },
    mode: values.mode,
    region: values.region,
    fallback: {
      default: values.fallback.default,
      afterMs: values.fallback.after,
      whenRoaming: values.fallback.when_roaming,
      quietHours: values.fallback.quiet_hours,
      timeZone: values.fallback.time_zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
    },
    validityMs: values.validity,
    resendWhenUncertain: values.resend_when_uncertain,
    memory: values.memory,
    texts: {
      transliterate: values.texts.transliterate,
      referenceBits: values.texts.reference_bits,
      nationalLanguages: values.texts.national_languages,
      incompleteAfterMs: values.texts.incomplete_after,
    },
    modems: values.modems.map(({ port, imei, label, number, pin, mms, ...rules }) => ({
      port,
      imei,
      label,
      number,
      pin,
      rules: {
        prefixes: rules.prefixes,
        costPerPart: rules.cost_per_part,
        dailyTexts: rules.daily_texts,
        monthlyTexts: rules.monthly_texts,
        textsPerMinute: rules.texts_per_minute,
      },
      mms: mms === undefined ? undefined : modemMmsConfig(mms),
    })),
    mms: {
      mode: values.mms.mode,
      bytesMax: Math.min(values.mms.bytes_max, MMS_BYTES_MAX),
      strangersBytesMax: values.mms.strangers_bytes_max,
      sendBytesMax: values.mms.send_bytes_max,
      groups: values.mms.groups,
      timeoutMs: values.mms.timeout,
      deliveryReports: values.mms.delivery_reports,
      readReports: values.mms.read_reports,
      allowReports: values.mms.allow_reports,
      sendReadReports: values.mms.send_read_reports,
      longTextParts: values.mms.long_text_parts,
    },
    calls: { hangUp: values.calls.hang_up },
    broadcasts: { channels: values.broadcasts.channels ?? [] },
    alerts: values.alerts,
    signal: {
      server: signalServer(values.signal.server, absolute),
      readReceipts: values.signal.read_receipts,
      typing: values.signal.typing,
      profile: { name: values.signal.profile_name, about: values.signal.profile_about },
    },
    queue: values.queue,
    store: { keyFile },
    attachments: {
      bytesMax: values.attachments.bytes_max,
      automaticBytesMax: values.attachments.automatic_bytes_max,
      totalBytesMax: values.attachments.total_bytes_max,
    },
    backup: {
      directory:
        values.backup.directory === undefined
          ? join(dataDir, 'backups')
          : absolute(['backup', 'directory'], values.backup.directory),
      everyMs: values.backup.every === 'never' ? 0 : values.backup.every,
      keep: values.backup.keep,
    },
    push: { contact: values.push.contact, localServices: values.push.local_services },
    dataDir,
    runtimeDir,
    log: values.log,
  }
}

/** What was written where, unchecked. Throws CausewayError `config-unreadable`, `config-syntax`. */
export function readConfig(options: LoadConfigOptions = {}): { file: string | undefined; layers: Layers } {
  const directory = resolve(options.directory ?? '.')
  const file = options.file === undefined ? defaultFile(directory) : resolve(directory, options.file)
  return { file, layers: readLayers(file, options.env ?? process.env, options.flags ?? {}) }
}

/** What is wrong with a file of this text, without environment and flags. Throws CausewayError `config-syntax`. */
export function checkConfigText(text: string, file: string): readonly ConfigProblem[] {
  const layers = fileLayers(text, file)
  const parsed = parse(layers)
  return parsed.success ? [] : problemsOf(parsed.error.issues, layers)
}

/** Read once: code made for it would cost more than it saves. */
function parse({ tree }: Layers) {
  return configSchema.safeParse(tree, { reportInput: true, jitless: true })
}

function problemsOf(issues: Parameters<typeof describeIssues>[0], layers: Layers): ConfigProblem[] {
  return describeIssues(issues, layers, { keysAt, wordsAt })
}

/** As much as is taken apart. */
const MMS_BYTES_MAX = 5_000_000

function modemMmsConfig(mms: NonNullable<ConfigFile['modems'][number]['mms']>): ModemMmsConfig {
  const { apn, mmsc, auth = 'none', user, password, proxy } = mms
  return {
    carrier: mms.carrier,
    manual: apn === undefined || mmsc === undefined ? undefined : { apn, auth, user, password, mmsc, proxy },
    bearer: mmsBearerConfig(mms),
    dns: mms.dns,
    bytesMax: mms.bytes_max,
    recipientsMax: mms.recipients_max,
    appendTransactionId: mms.append_transaction_id,
    answerAtLocation: mms.answer_at_location,
    userAgent: mms.user_agent,
    profileUrl: mms.profile_url,
    profileHeader: mms.profile_header,
    headers: mms.headers,
  }
}

function mmsBearerConfig(mms: NonNullable<ConfigFile['modems'][number]['mms']>): MmsBearerConfig {
  const { interface: name, gateway, bearer } = mms
  if (name !== undefined) return { kind: 'interface', name, gateway }
  if (bearer === 'embedded') return { kind: 'embedded' }
  if (bearer !== 'ppp' && mms.ppp === undefined) return { kind: 'modem-socket' }
  const { baud_rate, carrier_detect, ...others } = mms.ppp ?? {}
  return { kind: 'ppp', dial: given({ ...others, baudRate: baud_rate, carrierDetect: carrier_detect }) }
}

/** Without what is undefined. */
function given<T extends object>(values: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]?: Exclude<T[Key], undefined>
  }
}

function tlsFiles(
  { cert, key }: ConfigFile['http']['tls'],
  absolute: (key: Path, path: string) => string,
): Config['http']['tls'] {
  if (cert === undefined || key === undefined) return undefined
  return { cert: absolute(['http', 'tls', 'cert'], cert), key: absolute(['http', 'tls', 'key'], key) }
}

function defaultFile(directory: string): string | undefined {
  return [INSTALLED_FILE, join(directory, 'causeway.yaml')].find((file) => existsSync(file))
}

function defaultKeyFile(
  env: Readonly<Record<string, string | undefined>>,
  installed: boolean,
  dataDir: string,
): string {
  const credential =
    env['CREDENTIALS_DIRECTORY'] === undefined ? undefined : join(env['CREDENTIALS_DIRECTORY'], 'db.key')
  if (credential !== undefined && existsSync(credential)) return credential
  return installed ? join(dirname(INSTALLED_FILE), 'db.key') : join(dataDir, 'db.key')
}

function signalServer(
  server: ConfigFile['signal']['server'],
  absolute: (key: Path, path: string) => string,
): SignalServer {
  if (typeof server === 'string') return { kind: server }
  const chat = server.ports?.chat ?? server.port ?? 0
  return {
    kind: 'custom',
    host: 'localhost',
    ports: {
      chat,
      cdsi: server.ports?.cdsi ?? chat,
      svr2: server.ports?.svr2 ?? chat,
      svrB: server.ports?.svrb ?? chat,
    },
    caPem: server.ca_pem ?? readCa(absolute(['signal', 'server', 'ca'], server.ca ?? '')),
    storageUrl: server.storage_url,
    cdnUrls: server.cdn_urls,
    zkgroup: {
      serverPublicParams: server.zkgroup.server_public_params,
      genericServerPublicParams: server.zkgroup.generic_server_public_params,
      backupServerPublicParams: server.zkgroup.backup_server_public_params,
    },
    trustRoots: server.trust_roots,
    directoryFile:
      server.directory === undefined ? undefined : absolute(['signal', 'server', 'directory'], server.directory),
    vaultFile: server.vault === undefined ? undefined : absolute(['signal', 'server', 'vault'], server.vault),
  }
}

function readCa(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    const message = `signal.server.ca: ${path} cannot be read (${cause instanceof Error ? cause.message : String(cause)})`
    throw new ConfigError([{ id: 'config.invalid', key: 'signal.server.ca', message }])
  }
}
