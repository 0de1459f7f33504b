/** For every AWS client: two attempts, each with an end, so that a service that is away costs at most eight seconds. */
export const AWS_CLIENT = {
  maxAttempts: 2,
  // `requestTimeout` would not do: unless told to throw it prints a warning, and it ends when the answer begins.
  requestHandler: { connectionTimeout: 1_000, socketTimeout: 3_000 },
};
