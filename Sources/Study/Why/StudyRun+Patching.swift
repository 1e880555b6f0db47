import LanguageModel

extension StudyRun {
    func patching(after: CausalModel) throws {}
}
