import FileSupport
import Foundation
import Testing

extension ProgramTests {
    @Suite("The number of threads") struct ThreadTests {
        private let place: Workshop

        init() throws { place = try Workshop() }

        private func report(threads: Int) throws -> JSON {
            let run = place.path + "/run\(threads)"
            var arguments = SmallRun.arguments(run)
            let option = try #require(arguments.firstIndex(of: "--threads"))
            arguments[option + 1] = String(threads)
            let ending = try Program.run(arguments)
            #expect(ending.code == 0, "\(ending.complaint)")
            return try SmallRun.comparable(run)
        }

        @Test("the same number gives the same report, another one last bits of it")
        func reports() throws {
            let two = try SmallRun.undisturbed()
            #expect(try report(threads: 2).pretty == two.pretty, "two runs on two threads differ")
            for threads in [1, 3] {
                let other = try report(threads: threads)
                var worst = (error: 0.0, place: "", values: "")
                for part in ["scores", "quality", "trajectory", "update_scaling", "verdict"] {
                    let (here, there) = (Self.leaves(two[part], part), Self.leaves(other[part], part))
                    #expect(here.map(\.place) == there.map(\.place))
                    for ((place, value), (_, second)) in zip(here, there) {
                        guard let (a, b) = Self.numbers(value, second) else {
                            #expect(value == second, "\(place)")
                            continue
                        }
                        let error = abs(a - b) / (2e-6 + 1e-3 * abs(a))
                        if error > worst.error { worst = (error, place, "\(a) on 2 threads, \(b) on \(threads)") }
                    }
                }
                #expect(worst.error <= 1, "\(worst.place): \(worst.values)")
            }
        }

        @Test("a run goes on with those that it began with")
        func resumed() throws {
            let run = place.path + "/run"
            let program = try Program(SmallRun.arguments(run))
            #expect(program.waits(for: "unlearn-started", in: run))
            program.send(SIGKILL)
            _ = try program.ending()
            var arguments = SmallRun.arguments(run) + ["--resume"]
            let option = try #require(arguments.firstIndex(of: "--threads"))
            arguments.removeSubrange(option...option + 1)
            let ending = try Program.run(arguments)
            #expect(ending.code == 0, "\(ending.complaint)")
            try SmallRun.expectUndisturbed(run)
            let resumed = try Input.text(run + "/audit.jsonl").split(separator: "\n").first {
                $0.contains("run-resumed")
            }
            #expect(resumed?.contains("\"threads\":2") == true)
        }

        private static func numbers(_ a: JSON, _ b: JSON) -> (Double, Double)? {
            func number(_ value: JSON) -> Double? {
                switch value {
                case .integer(let value): Double(value)
                case .number(let value): value
                default: nil
                }
            }
            guard let a = number(a), let b = number(b) else { return nil }
            return (a, b)
        }

        private static func leaves(_ value: JSON?, _ place: String) -> [(place: String, value: JSON)] {
            switch value {
            case .object(let members)?: members.flatMap { leaves($0.1, place + "." + $0.0) }
            case .array(let elements)?: elements.enumerated().flatMap { leaves($1, place + ".\($0)") }
            case let leaf?: [(place, leaf)]
            case nil: []
            }
        }
    }
}
