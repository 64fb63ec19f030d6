/** Waiting longer after each failure: `firstMs`, twice that, … up to `maxMs`. */

export class BackOff {
  readonly #firstMs: number
  readonly #maxMs: number
  #nextMs: number

  constructor(firstMs: number, maxMs: number) {
    this.#firstMs = firstMs
    this.#maxMs = maxMs
    this.#nextMs = firstMs
  }

  next(): number {
    const delayMs = this.#nextMs
    this.#nextMs = Math.min(delayMs * 2, this.#maxMs)
    return delayMs
  }

  reset(): void {
    this.#nextMs = this.#firstMs
  }
}
