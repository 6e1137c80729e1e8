/** One at a time, in the order of asking. */
export class Lock {
  #last: Promise<void> = Promise.resolve()

  /** Resolves when it is your turn, with what ends it. Ending it twice does no harm. */
  async take(): Promise<() => void> {
    const before = this.#last
    let release: () => void = () => {}
    this.#last = new Promise(resolve => {
      release = resolve
    })
    await before
    return release
  }
}
