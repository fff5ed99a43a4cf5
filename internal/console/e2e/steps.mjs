// The steps of a test: each prints a line. The first that fails ends the run with status 1.

/** Whoever works on one step runs it alone: STEPS=regexp. */
const only = process.env.STEPS && new RegExp(process.env.STEPS);

export class Steps {
  /** complaints are told of when a step fails, and so is what onFailure gives back. */
  constructor(complaints, onFailure = async () => '') {
    Object.assign(this, { complaints, onFailure });
  }

  step = async (name, run) => {
    if (only && !only.test(name)) return;
    const start = Date.now();
    try {
      await run();
    } catch (err) {
      console.error(`FAILED ${name}\n${err.stack}\n${this.complaints.join('\n')}\n${await this.onFailure().catch(String)}`);
      throw err;
    }
    console.log(`ok ${name} (${((Date.now() - start) / 1000).toFixed(1)} s)`);
  };
}
