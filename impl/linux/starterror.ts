/** Why a daemon did not start. `usage`: a wrong word; `missing`: the machine lacks something; `taken`: somebody else has it. */
export class StartError extends Error {
  readonly kind: 'usage' | 'missing' | 'taken'

  constructor(kind: StartError['kind'], message: string) {
    super(message)
    this.kind = kind
  }
}
