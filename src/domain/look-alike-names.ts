import { comparableName } from './session-name.ts';

/**
 * Letters of other scripts that are drawn like Latin ones, small and capital, from the Unicode table of confusables
 * (UTS #39). A word in mixed scripts is refused as a name, so what is left are words that are Cyrillic or Greek from
 * end to end; these are the letters such a word can imitate a Latin one with. Letters that only resemble a Latin one in
 * one case stand in that case's table alone.
 */
const likeSmall = letters('аaсcԁdеeԍgһhіiјjӏlоoрpԛqѕsуyѵvԝwхxкkмmтtвbнh', 'αaγyιiκkνvοoρpτtυuωwχxϲcϳjβbεe');
const likeCapital = letters('аaвbсcеeѕsіiјjкkмmнhоoрpтtхxуyѵvӏiԝwԍgԛq', 'αaβbεeζzηhιiκkμmνnοoρpτtυyχxϲcϳj');

/**
 * What a name looks like in small and in capital letters: names that share one of these can be taken for one another.
 */
export function looksOf(name: string): readonly string[] {
  const letterByLetter = Array.from(comparableName(name));
  const looks = [likeSmall, likeCapital].map((like) =>
    letterByLetter.map((letter) => like.get(letter) ?? letter).join(''),
  );
  return [...new Set(looks)];
}

/** Pairs written one after the other: the letter, and what it looks like. */
function letters(...pairs: readonly string[]): ReadonlyMap<string, string> {
  const all = Array.from(pairs.join(''));
  return new Map(
    all.flatMap((letter, index) => (index % 2 === 0 ? [[letter, all[index + 1] ?? letter] as const] : [])),
  );
}
