import ArgumentParser

struct Driftscope: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "driftscope",
        abstract: "Forget one bias in a language model and explain what else moved.",
        discussion: """
            EXAMPLE
              driftscope demo --out out/demo        the built-in study, start to report

            Exit codes: 0 done; 1 a --fail-if gate fired; 2 the input is wrong; 3 it could not finish; 130 interrupted.
            """,
        version: "0.1.0",
        subcommands: [
            Demo.self, Init.self, Run.self, Sweep.self, Schema.self, Forecast.self, Evaluate.self, Snapshot.self,
            Analyze.self,
            ReportCommand.self, Export.self, Pack.self, Inspect.self, Words.self, UnlearnCommand.self,
            Generate.self, Scale.self, Train.self, GrammarCommand.self, GlossaryCommand.self, TryReading.self,
        ])
}
