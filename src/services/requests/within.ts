/**
 * What the promise comes to, or an error when that takes longer than `ms`. Whoever was asked may go on: nobody listens
 * any more.
 */
export async function within<T>(promise: Promise<T>, ms: number, asked: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`${asked} gave no answer within ${ms / 1000} s.`));
    }, ms);
    timer.unref();
  });
  try {
    return await Promise.race([promise, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}
