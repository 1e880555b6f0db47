import Foundation
import Testing

/// A little of `make fuzz`; see Tests/Fuzz.
extension ProgramTests {
    @Suite("Changed files of every kind") struct FuzzTests {
        /// The rows of the table that the fuzzer prints, by kind: mutants, read, refused, messages, trial, findings.
        private static func rows(_ output: String) -> [String: [Int]] {
            var rows: [String: [Int]] = [:]
            for line in output.split(separator: "\n") {
                let words = line.split(separator: " ")
                let numbers = words.dropFirst().compactMap { Int($0) }
                if words.count == 9, numbers.count == 7 { rows[String(words[0])] = numbers }
            }
            return rows
        }

        private static let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("LanguageModelTests/Fixtures").path

        private static func run(_ arguments: [String], _ out: String) throws -> Program.Ending {
            try Program.run(arguments + ["--out", out, "--fixtures", fixtures], product: "driftscope-fuzz")
        }

        @Test("are read or refused with one line, and no process dies")
        func mutants() throws {
            let place = try Workshop()
            let ending = try Self.run(["--mutants", "96", "--seed", "7", "--jobs", "2"], place.path + "/fuzz")
            #expect(ending.code == 0, "\(ending.output)\(ending.complaint)")
            let rows = Self.rows(ending.output)
            #expect(rows.count > 24 && rows["all"]?[0] ?? 0 >= 96, "\(ending.output)")
            for (kind, numbers) in rows {
                #expect(numbers[0] > 0 && numbers[0] == numbers[1] + numbers[2] + numbers[4], "\(kind)")
            }
            print(ending.output)
        }

        @Test("crashes, other errors and gigabytes are found")
        func faults() throws {
            let place = try Workshop()
            let ending = try Self.run(["--kind", "faults", "--mutants", "5"], place.path + "/fuzz")
            #expect(ending.code == 1)
            #expect(Self.rows(ending.output)["faults"]?.prefix(6) == [5, 1, 1, 1, 0, 3], "\(ending.output)")
            for (number, words) in [(0, "a crash"), (1, "another error"), (2, "MB of memory")] {
                #expect(
                    ending.output.split(separator: "\n").contains {
                        $0.hasPrefix("FINDING faults \(number): ") && $0.contains(words)
                    }, "\(ending.output)")
                #expect(FileManager.default.fileExists(atPath: place.path + "/fuzz/findings/faults-1-\(number)/case"))
            }
        }
    }
}
