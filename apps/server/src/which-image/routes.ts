import type { ImageFamilyAnswer } from '@nodeward/api';
import { type FamilyAnswer, familyAnswer, type SecondOpinion } from '@nodeward/providers';
import type { Handlers } from '../http/handlers.ts';
import type { ImageCatalogs } from './image-catalogs.ts';

export function whichImageHandlers(catalogs: ImageCatalogs, opinion: SecondOpinion): Pick<Handlers, 'whichImage'> {
  return {
    whichImage: async ({ parameters: { vulnerability } }) => {
      const { families, reading, revision, about, untold } = await catalogs.state(vulnerability);
      return {
        vulnerability,
        families: await Promise.all(families.map(async (family) => describeFamily(familyAnswer(family, vulnerability, about, untold), family.images.at(-1)?.label, vulnerability, opinion))),
        untold: [...untold],
        reading,
        advisoryDatabaseRevision: revision,
      };
    },
  };
}

async function describeFamily(answer: FamilyAnswer, label: string | undefined, vulnerability: string, opinion: SecondOpinion): Promise<ImageFamilyAnswer> {
  const { cameBack, undetermined, withoutFix, ...rest } = answer;
  return { ...rest, cameBack: [...cameBack], undetermined: [...undetermined], withoutFix: [...withoutFix], secondOpinion: label === undefined ? null : await opinionOf(opinion, label, vulnerability, answer) };
}

const deadlineMs = 10_000;

/** The publisher names only what has a fix. Where we cannot tell, nobody has agreed with us. */
async function opinionOf(opinion: SecondOpinion, label: string, vulnerability: string, { state, fixIsOut, newest }: FamilyAnswer): Promise<ImageFamilyAnswer['secondOpinion']> {
  const report = await opinion.reportOf(label, AbortSignal.timeout(deadlineMs));
  if (report === undefined) return null;
  const active = report.active.has(vulnerability);
  return { active, mitigatedIn: report.mitigated.has(vulnerability) && newest !== null ? [newest.version] : [], agrees: state !== 'unknown' && active === fixIsOut };
}
