/** A queue whose first item is taken in constant time, where an array would move all others. */
export class Fifo<Item> {
  #items: (Item | undefined)[] = [];
  /** Index of the first item. */
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  get first(): Item | undefined {
    return this.#items[this.#head];
  }

  push(item: Item): void {
    this.#items.push(item);
  }

  shift(): Item | undefined {
    const { first } = this;
    if (this.length === 0) return undefined;
    // Let go of it, and of the part of the list that is done with.
    this.#items[this.#head] = undefined;
    this.#head += 1;
    if (this.length === 0 || (this.#head >= 1024 && this.#head * 2 > this.#items.length)) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return first;
  }
}
