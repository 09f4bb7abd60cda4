'use strict';
// Shifts `Date` in this process by the stack clock's offset, before the app is loaded. setTimeout and performance.now stay
// real: only what the app reads as the time of day moves.
const shift = { offsetMs: Number(process.env.SANDBOX_CLOCK_OFFSET_MS ?? '0') || 0 };
globalThis[Symbol.for('gatehouse.sandbox.clock')] = shift;

const RealDate = Date;
const shiftedNow = () => RealDate.now() + shift.offsetMs;

globalThis.Date = new Proxy(RealDate, {
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length === 0 ? [shiftedNow()] : args, newTarget),
  // `Date()` without `new` ignores its arguments and says the current time.
  apply: () => new RealDate(shiftedNow()).toString(),
  get: (target, key, receiver) => (key === 'now' ? shiftedNow : Reflect.get(target, key, receiver)),
});
// `date.constructor` must be the shifted Date too, or `new date.constructor()` would say the real time.
RealDate.prototype.constructor = globalThis.Date;
