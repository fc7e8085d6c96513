/**
 * A small peer for tests of the driver alone: answers AT commands over a real TCP socket from a table that a test can
 * override, keeps message slots, and writes down what it was told. Deviations are the test's business.
 */
import { createServer, type Server, type Socket } from 'node:net'

/** What a command is answered with; undefined: use the usual answer; null: say nothing. */
export type Reaction = (command: string, modem: ScriptedModem) => string | null | undefined

export const IMEI = '356938035643809'

export class ScriptedModem {
  /** Everything received, in order: commands, `BODY <hex>`, `ESC`. */
  readonly heard: string[] = []
  readonly slots = new Map<string, Map<number, { status: number; pdu: string }>>([
    ['SM', new Map()],
    ['ME', new Map()],
  ])
  reaction: Reaction = () => undefined
  /** Called with the body of AT+CMGS; the usual answer is the next reference. */
  onBody: (hex: string) => string | null = () => `\r\n+CMGS: ${this.nextReference()}\r\n\r\nOK\r\n`
  /** Called when an ESC comes outside a body. */
  onEscape: () => void = () => {}
  echo = true
  cnmi = '0,0,0,0,0'
  cmgf = '1'
  imei = IMEI
  connections = 0
  socket: Socket | undefined
  #selected = 'SM'
  #reference = 0
  #input = ''
  #body = false
  #port = 0
  #server: Server | undefined

  get port(): string {
    return `tcp://127.0.0.1:${this.#port}`
  }

  async listen(): Promise<void> {
    const server = createServer((socket) => {
      this.connections += 1
      this.socket = socket
      this.#input = ''
      this.#body = false
      socket.setNoDelay(true)
      socket.on('error', () => {})
      socket.on('data', (chunk) => this.#take(chunk.toString('latin1')))
    })
    this.#server = server
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve))
    const address = server.address()
    if (address !== null && typeof address === 'object') this.#port = address.port
  }

  /** The stick is pulled: the connection breaks and nobody answers at the port. */
  async unplug(): Promise<void> {
    this.socket?.destroy()
    const server = this.#server
    this.#server = undefined
    if (server !== undefined) await new Promise((resolve) => server.close(resolve))
  }

  say(text: string): void {
    this.socket?.write(Buffer.from(text, 'latin1'))
  }

  nextReference(): number {
    this.#reference = (this.#reference + 1) % 256
    return this.#reference
  }

  /** Puts a message into a slot and tells of it. */
  receive(memory: string, index: number, pdu: string): void {
    this.slots.get(memory)?.set(index, { status: 0, pdu })
    this.say(`\r\n+CMTI: "${memory}",${index}\r\n`)
  }

  /** How often a command was received. */
  count(command: string): number {
    return this.heard.filter((each) => each === command).length
  }

  #take(text: string): void {
    for (const char of text) {
      if (this.#body) this.#takeBody(char)
      else if (char === '\x1b') {
        this.heard.push('ESC')
        this.#input = ''
        this.onEscape()
      } else if (char === '\r') this.#run()
      else this.#input += char
    }
  }

  #takeBody(char: string): void {
    if (char === '\x1b') {
      this.#body = false
      this.heard.push('ESC')
      this.say('\r\nOK\r\n')
    } else if (char === '\x1a') {
      this.#body = false
      this.heard.push(`BODY ${this.#input}`)
      const answer = this.onBody(this.#input)
      if (answer !== null) this.say(answer)
    } else {
      this.#input += char
      return
    }
    this.#input = ''
  }

  #run(): void {
    const command = this.#input
    this.#input = ''
    if (command === '') return
    this.heard.push(command)
    if (this.echo) this.say(`${command}\r`)
    const reaction = this.reaction(command, this)
    if (reaction === null) return
    const answer = reaction ?? this.usual(command)
    if (answer === '> ') {
      this.#body = true
      this.say('\r\n> ')
    } else this.say(answer)
  }

  usual(command: string): string {
    const info = this.#info(command)
    if (info === undefined) return '\r\nERROR\r\n'
    if (info === '> ') return info
    return `${info.map((line) => `\r\n${line}\r\n`).join('')}\r\nOK\r\n`
  }

  #info(command: string): string[] | '> ' | undefined {
    const [name = '', argument] = command.split('=')
    switch (name) {
      case 'ATE0':
        this.echo = false
        return []
      case 'AT+CGMI':
        return ['Scripted']
      case 'AT+CGMM':
        return ['Peer']
      case 'AT+CGMR':
        return ['1.0']
      case 'AT+CGSN':
        return [this.imei]
      case 'AT+CSCS?':
        return ['+CSCS: "GSM"']
      case 'AT+CFUN?':
        return ['+CFUN: 1']
      case 'AT+CPIN?':
        return ['+CPIN: READY']
      case 'AT+CPMS?':
        return ['+CPMS: "SM",0,30,"SM",0,30,"SM",0,30']
      case 'AT+CSMS':
        return argument === '?' ? ['+CSMS: (0,1)'] : ['+CSMS: 1,1,1']
      case 'AT+CMGF':
        this.cmgf = argument ?? ''
        return []
      case 'AT+CMGF?':
        return [`+CMGF: ${this.cmgf}`]
      case 'AT+CPMS':
        return this.#memories(argument ?? '')
      case 'AT+CNMI':
        if (argument === '?') return ['+CNMI: (0-2),(0-3),(0,2),(0-2),(0,1)']
        this.cnmi = argument ?? ''
        return []
      case 'AT+CNMI?':
        return [`+CNMI: ${this.cnmi}`]
      case 'AT+CREG?':
        return ['+CREG: 2,1,"00C3","1A2B"']
      case 'AT+CIMI':
        return ['001010123456789']
      case 'AT+CCID':
        return ['+CCID: 8901001012345678901F']
      case 'AT+CNUM':
        return ['+CNUM: "","+15550100",145']
      case 'AT+CSCA?':
        return ['+CSCA: "+15550199",145']
      case 'AT+CSQ':
        return ['+CSQ: 20,99']
      case 'AT+COPS?':
        return ['+COPS: 0,0,"Testnet",7']
      case 'AT+CMGS':
        return '> '
      case 'AT+CMGL':
        return [...this.#slots()].flatMap(([index, { status, pdu }]) => [
          `+CMGL: ${index},${status},,${octets(pdu)}`,
          pdu,
        ])
      case 'AT+CMGR':
        return this.#read(Number(argument))
      case 'AT+CMGD':
        this.#slots().delete(Number(argument))
        return []
      case 'AT':
      case 'ATV1':
      case 'AT+CMEE':
      case 'AT+CLIP':
      case 'AT+CREG':
      case 'AT+COPS':
      case 'AT+CMMS':
      case 'AT+CNMA':
        return []
      default:
        return undefined
    }
  }

  #memories(argument: string): string[] {
    if (argument === '?') return ['+CPMS: ("SM","ME"),("SM","ME"),("SM","ME")']
    const first = /"(\w+)"/.exec(argument)?.[1] ?? 'SM'
    this.#selected = first
    const used = this.#slots().size
    return [`+CPMS: ${used},30,${used},30,${used},30`]
  }

  #slots(): Map<number, { status: number; pdu: string }> {
    return this.slots.get(this.#selected) ?? new Map()
  }

  #read(index: number): string[] | undefined {
    const slot = this.#slots().get(index)
    if (slot === undefined) return []
    slot.status = 1
    return [`+CMGR: ${slot.status},,${octets(slot.pdu)}`, slot.pdu]
  }
}

/** Octets of the TPDU, without the SCA in front. */
export function octets(pdu: string): number {
  return pdu.length / 2 - 1 - Number.parseInt(pdu.slice(0, 2), 16)
}
