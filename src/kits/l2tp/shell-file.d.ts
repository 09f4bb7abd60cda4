/** A script as text: the bundler and the tests' transform both load it so. */
declare module '*.sh' {
  const text: string;
  export default text;
}
