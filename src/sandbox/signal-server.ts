/**
 * The Signal service of the sandbox and of the tests, on loopback: starts, stops and starts again with the same
 * accounts, tells how a gateway reaches it (as a type and as configuration), and goes wrong on command.
 */
import { randomBytes, randomInt } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { PublicKey } from '@signalapp/libsignal-client'
import { SvrKey } from '@signalapp/libsignal-client/dist/AccountKeys.js'
import type { CustomSignalServer } from '../signal/server.ts'
import { DirectoryFile } from './directory-file.ts'
import { SignalFaults } from './faults.ts'
import { loadCertificates } from './mock.ts'
import type { VerificationCode } from './mock-host.ts'
import { vaultCredentials } from './registrations.ts'
import { SignalHost } from './signal-host.ts'
import { StandInVault } from './vault.ts'

export interface SignalTestServerOptions {
  /** An existing directory of our own: the directory file and uploaded attachments live there. */
  dataDir: string
  /** The service sends a verification code: by text or by call. */
  onVerificationCode?: (request: VerificationCode) => void
  /** Six digits; random when left out. */
  nextCode?: () => string
}

export class SignalTestServer {
  readonly faults = new SignalFaults()
  readonly directory: DirectoryFile
  /** What the PIN service keeps. */
  readonly vault: StandInVault
  /** Accounts and letters. */
  readonly host: SignalHost
  readonly #listeners = new Set<(request: VerificationCode) => void>()
  readonly #certificates: Awaited<ReturnType<typeof loadCertificates>>
  #port = 0
  #listening = false

  private constructor(options: SignalTestServerOptions, certificates: Awaited<ReturnType<typeof loadCertificates>>) {
    const cdnDir = join(options.dataDir, 'cdn')
    mkdirSync(cdnDir, { recursive: true })
    this.#certificates = certificates
    this.directory = new DirectoryFile(join(options.dataDir, 'signal-directory.jsonl'))
    this.vault = new StandInVault(join(options.dataDir, 'signal-vault.jsonl'))
    if (options.onVerificationCode !== undefined) this.#listeners.add(options.onVerificationCode)
    const [trustRoot = ''] = certificates.serverTrustRoots
    this.host = new SignalHost({
      trustRoot: PublicKey.deserialize(Buffer.from(trustRoot, 'base64')),
      directory: this.directory,
      faults: this.faults,
      cdnDir,
      nextCode: options.nextCode ?? randomCode,
      onVerificationCode: (request) => {
        for (const listener of this.#listeners) listener(request)
      },
    })
  }

  /** A server that listens on a free port of 127.0.0.1. */
  static async start(options: SignalTestServerOptions): Promise<SignalTestServer> {
    const server = new SignalTestServer(options, await loadCertificates())
    await server.start()
    return server
  }

  get port(): number {
    return this.#port
  }

  get listening(): boolean {
    return this.#listening
  }

  /** Listens again, on the port it had, with the accounts and letters it had. */
  async start(): Promise<void> {
    if (this.#listening) return
    this.#port = await this.host.open(this.#port)
    this.#listening = true
  }

  /** Goes away: no listener, every connection broken. Accounts and letters stay for `start`. */
  async stop(): Promise<void> {
    if (!this.#listening) return
    this.#listening = false
    await this.host.shut()
  }

  /** Calls back for every verification code. Returns the unsubscribe function. */
  onVerificationCode(listener: (request: VerificationCode) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Somebody has had an account on this number and locked it by this PIN; undefined: by one that the vault has forgotten. */
  async lockNumber(e164: string, pin: string | undefined, remainingMs: number): Promise<void> {
    const masterKey = new Uint8Array(randomBytes(32))
    const token = Buffer.from(new SvrKey(masterKey).deriveRegistrationLock()).toString('hex')
    const vault = vaultCredentials(e164)
    if (pin !== undefined) await this.vault.keep(vault, pin, masterKey)
    this.host.registrations.lock(e164, { token, remainingMs, vault: pin === undefined ? null : vault })
  }

  /** How the Signal driver reaches this server. */
  customServer(): CustomSignalServer {
    const certificates = this.#certificates
    const base = `https://localhost:${this.#port}`
    return {
      kind: 'custom',
      host: 'localhost',
      ports: { chat: this.#port, cdsi: this.#port, svr2: this.#port, svrB: this.#port },
      caPem: certificates.certificateAuthority,
      storageUrl: `${base}/storageService`,
      cdnUrls: { '0': base, '2': base, '3': `${base}/cdn3` },
      zkgroup: {
        serverPublicParams: fromBase64(certificates.serverPublicParams),
        genericServerPublicParams: fromBase64(certificates.genericServerPublicParams),
        backupServerPublicParams: fromBase64(certificates.backupServerPublicParams),
      },
      trustRoots: certificates.serverTrustRoots.map(fromBase64),
      directoryFile: this.directory.path,
      vaultFile: this.vault.path,
    }
  }

  /** The same as the `signal.server` section of `causeway.yaml`. */
  configSection(): Record<string, unknown> {
    const server = this.customServer()
    return {
      host: server.host,
      port: String(server.ports.chat),
      ca_pem: server.caPem,
      storage_url: server.storageUrl,
      cdn_urls: server.cdnUrls,
      zkgroup: {
        server_public_params: toBase64(server.zkgroup.serverPublicParams),
        generic_server_public_params: toBase64(server.zkgroup.genericServerPublicParams),
        backup_server_public_params: toBase64(server.zkgroup.backupServerPublicParams),
      },
      trust_roots: server.trustRoots.map(toBase64),
      directory: server.directoryFile,
      vault: server.vaultFile,
    }
  }
}

function randomCode(): string {
  const code = String(randomInt(1_000_000)).padStart(6, '0')
  // The mock's own fixed code marks a session whose code we have not replaced yet.
  return code === '111111' ? '482913' : code
}

function fromBase64(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'base64'))
}

function toBase64(octets: Uint8Array): string {
  return Buffer.from(octets).toString('base64')
}
