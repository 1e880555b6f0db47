import ArgumentParser
import FileSupport
import Foundation
import Study

/// Runs the command and maps what it throws to the documented exit codes (docs/commands.md).
@main
enum Main {
    static func main() {
        // A limit on the size of files is then a failed write, with a message, instead of a sudden end.
        signal(SIGXFSZ, SIG_IGN)
        do {
            var command = try Driftscope.parseAsRoot()
            try command.run()
        } catch let error as GateFired {
            complain(error.description)
            exit(1)
        } catch let error as InputError {
            complain(error.description)
            exit(2)
        } catch let error as UnfinishedError {
            complain(error.description)
            exit(3)
        } catch let error as InterruptedError {
            complain(error.description)
            exit(130)
        } catch {
            let code = Driftscope.exitCode(for: error)
            guard code == .success || code == .validationFailure || code == .failure else { exit(code.rawValue) }
            if code == .success {
                print(Driftscope.fullMessage(for: error))
                exit(0)
            }
            let message = Driftscope.message(for: error).oneLine
            // The parser's own code for wrong arguments is 64; ours is 2.
            guard code == .validationFailure else {
                complain(message)
                exit(3)
            }
            complain("\(message) - on the command line - see \(helpCommand(for: error))")
            exit(2)
        }
    }

    /// The command whose help tells the arguments that would have been right.
    private static func helpCommand(for error: any Error) -> String {
        // The parser names it in the last line of its full message only.
        let parts = Driftscope.fullMessage(for: error).split(separator: "'")
        return parts.last { $0.hasPrefix("driftscope") && $0.hasSuffix("--help") }.map(String.init)
            ?? "driftscope --help"
    }

    private static func complain(_ line: String) {
        FileHandle.standardError.write(Data(("driftscope: " + line + "\n").utf8))
    }
}

/// A `--fail-if` gate fired; the report was written before.
struct GateFired: Error, CustomStringConvertible {
    let description: String
}
