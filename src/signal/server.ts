/**
 * Which Signal service to talk to. `production` and `staging` are built in (constants in `constants.ts`); `custom` is
 * a server that somebody else runs: tests, the sandbox.
 */
export type SignalServer = { kind: 'production' } | { kind: 'staging' } | CustomSignalServer

export interface CustomSignalServer {
  kind: 'custom'
  /** libsignal's local mode dials `localhost` only. */
  host: 'localhost'
  ports: { chat: number; cdsi: number; svr2: number; svrB: number }
  /** PEM text of the CA that signed the server's certificate. */
  caPem: string
  /** Base URL of the storage service and groups, e.g. `https://localhost:1234/storageService`. */
  storageUrl: string
  /** Base URLs by CDN number. */
  cdnUrls: Readonly<Record<'0' | '2' | '3', string>>
  /** zkgroup server parameters, raw octets. */
  zkgroup: {
    serverPublicParams: Uint8Array
    genericServerPublicParams: Uint8Array
    backupServerPublicParams: Uint8Array
  }
  /** Sealed-sender trust roots, serialized public keys (33 octets each). */
  trustRoots: readonly Uint8Array[]
  /** File of JSON lines `{"e164":"+1…","aci":"…","pni":"…"}`, re-read when it changes; stands in for contact discovery. */
  directoryFile: string | undefined
  /** File of whatever stands in for the PIN service (SVR2); without it libsignal asks at `ports.svr2`. */
  vaultFile?: string | undefined
}
