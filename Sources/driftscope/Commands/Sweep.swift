import ArgumentParser
import FileSupport
import Report
import Study
import StudyFiles

struct Sweep: ParsableCommand {
    static let configuration = CommandConfiguration(
        "A run for every setting of a study, and the front of bias against quality.",
        examples:
            "driftscope sweep examples/gpt2-gender.yaml --vary objective.method=npo,token-ascent "
            + "--vary optimizer.steps=50,200 --out out/sweep",
        "driftscope sweep built-in --vary strength=0.25,0.5,0.75,1 --out out/strengths",
        note: """
            A study file may say the same under `sweep`. Every combination is a run; `strength`, the α of θ0 + αΔθ, takes no run \
            of its own. The model before is measured once. Runs have what the front needs, unless --whole is given.
            """)

    @Argument(help: "The study file (YAML); built-in is the study of the demo.")
    var study: String

    @Option(name: .long, help: "A key of the study and its values: key.path=v1,v2. Repeatable.")
    var vary: [String] = []

    @Option(name: .long, help: "The folder of the sweep; new, or an interrupted sweep with --resume.")
    var out = "out/sweep"

    @Flag(name: .long, help: "All that the study asks for in every run: untargeted updates, drift, explanations.")
    var whole = false

    @OptionGroup var choices: RunOptions

    @OptionGroup var common: CommonOptions

    func run() throws {
        let sweep = try StudySweep.read(study, overrides: choices.overrides, varying: vary)
        let begun = choices.resume ? SweepFolder(out).begun(sweep) : []
        let progress = try common.start(resuming: begun, verifying: choices.verification.verifying)
        let summary = try SweepRun.run(
            sweep, folder: out, isWhole: whole, options: choices.options, progress: progress)
        try common.json ? Console.print(summary.json) : Console.print(summary.text + "wrote \(out)/sweep.html\n")
        guard let first = summary.firstFailure else { return }
        guard !summary.points.isEmpty else { throw first }
        throw UnfinishedError(
            "\(summary.failed.count) of \(sweep.points.count) settings could not be made, the first for this: \(first)",
            kept: "the others are in \(out)/sweep.html",
            resume: "mend what is wrong, then add --resume to the same command")
    }
}
